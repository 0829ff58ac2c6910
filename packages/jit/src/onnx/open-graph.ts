// One graph for all sizes of its open axes, from graphs that were traced and lowered for several.

import { axesOf, type InputSpec, OpenAxesError } from '../open-axes.js';
import { type Name, OnnxBuilder } from './builder.js';
import type { OnnxInitializer, OnnxNode } from './model-writer.js';
import { type OpenSize, openSizeOf } from './open-size.js';

export interface OpenGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
}

/** An input of the graph as it was declared. */
export type NamedInput = Pick<InputSpec, 'shape'> & { readonly name: Name };

/**
 * The nodes of `traces`, which must be the same, with every integer that differs computed from the inputs' shapes.
 *
 * @throws OpenAxesError where traces differ in something else
 */
export function openGraph(
  traces: readonly OnnxBuilder[],
  inputs: readonly NamedInput[],
): OpenGraph {
  const [{ nodes, initializers }] = traces;
  const axes = axesOf(inputs);
  if (axes.length === 0) return { nodes, initializers };
  const open = openInitializers(traces, axes);
  const computed = new Map<Name, Name>();
  const builder = new OnnxBuilder({ dialect: 'standard', prefix: 'size' });
  for (const [name, { sizes, isScalar }] of open) {
    const parts = sizes.map((size) => sizeNode(builder, size, inputs));
    const vector =
      parts.length === 1 ? parts[0] : builder.op('Concat', parts, { axis: { int: 0 } });
    computed.set(name, isScalar ? builder.op('Squeeze', [vector]) : vector);
  }
  const renamed = (name: Name): Name => computed.get(name) ?? name;
  return {
    nodes: [
      ...builder.nodes,
      ...nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) })),
    ],
    initializers: [...initializers.filter(({ name }) => !open.has(name)), ...builder.initializers],
  };
}

/** A vector of one number. */
function sizeNode(
  builder: OnnxBuilder,
  { factor, axes, offset }: OpenSize,
  inputs: readonly NamedInput[],
): Name {
  const factors = axes.map((axis) => axisNode(builder, axis, inputs));
  if (factor !== 1 || axes.length === 0) factors.push(builder.int64s([factor]));
  const product = factors.reduce((all, size) => builder.op('Mul', [all, size]));
  return offset === 0 ? product : builder.op('Add', [product, builder.int64s([offset])]);
}

function axisNode(builder: OnnxBuilder, axis: string, inputs: readonly NamedInput[]): Name {
  const source = inputs.find(({ shape }) => shape.includes(axis)) as NamedInput; // axes are those of the inputs
  const place = source.shape.indexOf(axis);
  return builder.op('Shape', [source.name], { start: { int: place }, end: { int: place + 1 } });
}

interface OpenInitializer {
  readonly sizes: readonly OpenSize[];
  readonly isScalar: boolean;
}

/** Initializers that differ between the traces. */
function openInitializers(
  traces: readonly OnnxBuilder[],
  axes: readonly string[],
): Map<Name, OpenInitializer> {
  const [first] = traces;
  const skeleton = ({ nodes, initializers }: OnnxBuilder): string =>
    JSON.stringify([nodes, initializers.map(({ name, dtype }) => [name, dtype])]);
  const expected = skeleton(first);
  if (traces.some((each) => skeleton(each) !== expected)) {
    throw new OpenAxesError(
      `jit: axes ${axes.join(', ')} cannot stay open: the function does other things for other sizes.\n` +
        `Fix the axes, or write it without choices by size.`,
    );
  }
  const open = new Map<Name, OpenInitializer>();
  for (const [at, { name, dtype, shape, data }] of first.initializers.entries()) {
    const versions = traces.map((each) => each.initializers[at].data);
    if (versions.every((other) => equal(other, data))) continue;
    const sizes = Array.from({ length: data.length }, (_, index) =>
      openSizeOf(
        versions.map((version) => Number(version[index])),
        axes,
      ),
    );
    const isAlike = dtype === 'int64' && versions.every(({ length }) => length === data.length);
    if (!isAlike || sizes.includes(undefined)) {
      throw new OpenAxesError(
        `jit: axes ${axes.join(', ')} cannot stay open: a ${dtype} constant of the function depends on their size.\n` +
          `Fix the axes, or pass that array as an input or as state that is sliced.`,
      );
    }
    open.set(name, { sizes: sizes as OpenSize[], isScalar: shape.length === 0 });
  }
  return open;
}

function equal(a: OnnxInitializer['data'], b: OnnxInitializer['data']): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
