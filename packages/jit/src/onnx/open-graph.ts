// One graph for all sizes of its open axes, from graphs that were traced and lowered for several.

import { sameShape } from '../host-tensor.js';
import { type InputSpec, OpenAxesError, type Sized } from '../open-axes.js';
import { type Name, OnnxBuilder } from './builder.js';
import { type OnnxInitializer, type OnnxNode, renamed } from './model-writer.js';
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
  traces: readonly Sized<OnnxBuilder>[],
  inputs: readonly NamedInput[],
): OpenGraph {
  const [{ nodes, initializers }] = traces.map(({ trace }) => trace);
  if (traces.length === 1) return { nodes, initializers };
  const open = openInitializers(traces);
  const computed = new Map<Name, Name>();
  const builder = new OnnxBuilder({ dialect: 'standard', prefix: 'size' });
  for (const [name, { sizes, isScalar }] of open) {
    const parts = sizes.map((size) => sizeNode(builder, size, inputs));
    const vector =
      parts.length === 1 ? parts[0] : builder.op('Concat', parts, { axis: { int: 0 } });
    computed.set(name, isScalar ? builder.op('Squeeze', [vector]) : vector);
  }
  const nameOf = (name: Name): Name => computed.get(name) ?? name;
  return {
    nodes: [...builder.nodes, ...nodes.map((node) => renamed(node, nameOf))],
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
function openInitializers(sized: readonly Sized<OnnxBuilder>[]): Map<Name, OpenInitializer> {
  const traces = sized.map(({ trace }) => trace);
  const sizes = sized.map((each) => each.sizes);
  const axes = [...sizes[0].keys()].join(', ');
  const [first] = traces;
  const expected = skeleton(first);
  if (traces.some((each) => skeleton(each) !== expected)) {
    throw new OpenAxesError(
      `jit: axes ${axes} cannot stay open: the function does other things for other sizes.\n` +
        `Fix the axes, or write it without choices by size.`,
    );
  }
  const open = new Map<Name, OpenInitializer>();
  for (const [at, initializer] of first.initializers.entries()) {
    const versions = traces.map((each) => each.initializers[at]);
    if (versions.every((other) => equal(other, initializer))) continue;
    const { name, dtype, shape, data } = initializer;
    const found = Array.from({ length: data.length }, (_, index) =>
      openSizeOf(
        versions.map((version) => Number(version.data[index])),
        sizes,
      ),
    );
    const isAlike = dtype === 'int64' && versions.every((other) => sameShape(other.shape, shape));
    if (!isAlike || found.includes(undefined)) {
      throw new OpenAxesError(
        `jit: axes ${axes} cannot stay open: a ${dtype} constant of the function depends on their size.\n` +
          `Fix the axes, or pass that array as an input or as state that is sliced.`,
      );
    }
    open.set(name, { sizes: found as OpenSize[], isScalar: shape.length === 0 });
  }
  return open;
}

/** Everything but the values of initializers. JSON alone would write infinities as null. */
function skeleton({ nodes, initializers }: OnnxBuilder): string {
  const parts = [nodes, initializers.map(({ name, dtype }) => [name, dtype])];
  return JSON.stringify(parts, (_, value) => (typeof value === 'number' ? String(value) : value));
}

function equal(a: OnnxInitializer, b: OnnxInitializer): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  if (a.data === b.data) return true;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}
