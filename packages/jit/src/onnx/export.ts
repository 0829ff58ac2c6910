// A traced function as an ONNX file for others: standard operators, named inputs and outputs, open axes.

import type * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph.js';
import { type HostTensor, isHostTensor, type TensorSpec } from '../host-tensor.js';
import { backendReady, isTensor, type Signature, type Step, trace } from '../trace.js';
import { flatten, type Tree } from '../tree.js';
import { type Name, OnnxBuilder } from './builder.js';
import { type Product, productOf, sizesOf, TRACES } from './dynamic-axes.js';
import { lowerNodes } from './emit.js';
import { type OnnxInitializer, type OnnxPort, writeModel } from './model-writer.js';

/** An input of the file. Integers may be int64, as the models of the Hugging Face hub have them. */
export interface ExportInput {
  readonly dtype: TensorSpec['dtype'] | 'int64';
  /** Sizes, and names of axes that stay open. */
  readonly shape: readonly (number | string)[];
}

export interface ExportOptions {
  /** Becomes constants of the file; leaves that are not read are left out. */
  readonly state: Tree<HostTensor | tf.Tensor>;
  readonly inputs: Readonly<Record<string, ExportInput>>;
}

/**
 * Writes `step` as an ONNX model (opset 21). Its inputs have the names of `options.inputs`, its outputs those of the
 * record that `step` returns as `outputs`.
 *
 * @throws Error naming what cannot be traced, or what depends on an open axis in another way than by a product
 */
export async function exportOnnx(step: Step, options: ExportOptions): Promise<Uint8Array> {
  await backendReady();
  const isLeaf = (value: unknown): value is HostTensor | tf.Tensor =>
    isHostTensor(value) || isTensor(value);
  const state = flatten(options.state, isLeaf, 'state');
  const leaves: HostTensor[] = await Promise.all(
    state.leaves.map(async (leaf) =>
      isTensor(leaf)
        ? ({ dtype: leaf.dtype, shape: leaf.shape, data: await leaf.data() } as HostTensor) // checked by trace
        : leaf,
    ),
  );
  const names = Object.keys(options.inputs).sort(); // the order of flatten
  const axes = [
    ...new Set(
      names
        .flatMap((name) => options.inputs[name].shape)
        .filter((size) => typeof size === 'string'),
    ),
  ];
  const traces = Array.from({ length: axes.length > 0 ? TRACES : 1 }, (_, at) => {
    const sizes = sizesOf(axes, at);
    const inputs = names.map((name): TensorSpec => {
      const { dtype, shape } = options.inputs[name];
      return {
        dtype: dtype === 'int64' ? 'int32' : dtype,
        shape: shape.map((size) => (typeof size === 'string' ? (sizes.get(size) as number) : size)),
      };
    });
    const signature: Signature = {
      state: leaves,
      statePaths: state.paths,
      stateShape: state.shape,
      inputs,
      inputPaths: names.map((name) => `inputs.${name}`),
      inputShape: Object.fromEntries(names.map((name) => [name, null])),
    };
    const { graph, outputPaths } = trace(step, signature);
    return {
      graph,
      outputPaths,
      onnx: lowered(graph, state.paths, leaves, names, options.inputs, outputPaths),
    };
  });
  const [{ graph, onnx, outputPaths }] = traces;
  const openings = compare(
    traces.map((each) => each.onnx),
    axes,
  );
  const open = openShapes(onnx, openings, axisSources(names, options.inputs));
  return writeModel({
    nodes: [
      ...open.nodes,
      ...onnx.nodes.map((node) => ({ ...node, inputs: node.inputs.map(open.rename) })),
    ],
    initializers: [
      ...onnx.initializers.filter(({ name }) => !openings.has(name)),
      ...open.initializers,
    ],
    inputs: names.map((name) => ({ name, ...options.inputs[name] })),
    outputs: graph.outputs.map((value, at): OnnxPort => {
      const shape = value.shape.map((_, axis) => {
        const sizes = traces.map((each) => each.graph.outputs[at].shape[axis]);
        const product = productOf(sizes, axes);
        if (!product || product.axes.length === 0) return sizes[0];
        return product.factor === 1
          ? product.axes.join('_')
          : `${product.factor}_${product.axes.join('_')}`;
      });
      return {
        name: outputName(outputPaths[at]),
        dtype: value.dtype,
        shape,
      };
    }),
  });
}

/** One trace as ONNX, the state as constants. */
function lowered(
  traced: Graph,
  paths: readonly string[],
  values: readonly HostTensor[],
  inputNames: readonly string[],
  inputs: ExportOptions['inputs'],
  outputPaths: readonly string[],
): OnnxBuilder {
  const builder = new OnnxBuilder({ dialect: 'standard', openSizes: true });
  const used = new Set(
    [...traced.nodes.flatMap((node) => node.inputs), ...traced.outputs].map(({ id }) => id),
  );
  for (const [at, value] of traced.state.entries()) {
    if (!used.has(value.id)) continue;
    const { dtype, shape, data } = values[at];
    const name = paths[at].replace(/^state\./, '');
    builder.initializers.push({ name, dtype, shape, data });
    builder.bind(value, name);
  }
  for (const [at, value] of traced.inputs.entries()) {
    const name = inputNames[at];
    builder.bind(
      value,
      inputs[name].dtype === 'int64' ? builder.op('Cast', [name], { to: { int: 6 } }) : name,
    );
  }
  lowerNodes(builder, traced.nodes);
  builder.end(traced.outputs.map((value, at) => ({ value, name: outputName(outputPaths[at]) })));
  return builder;
}

/** `logits` for `outputs.logits`; `output` when the function returns a single tensor. */
const outputName = (path: string): string => path.replace(/^outputs\.?/, '') || 'output';

/** Initializers that differ between the traces, with the product each of their numbers is. */
function compare(traces: readonly OnnxBuilder[], axes: readonly string[]): Map<Name, Product[]> {
  const [first] = traces;
  const openings = new Map<Name, Product[]>();
  const shapeOf = ({ nodes, initializers }: OnnxBuilder): string =>
    JSON.stringify([nodes, initializers.map(({ name, dtype }) => [name, dtype])]);
  if (traces.some((each) => shapeOf(each) !== shapeOf(first))) {
    throw new Error(
      `jit: cannot export with open axes ${axes.join(', ')}: the function does other things for other sizes.\n` +
        `Fix the axes, or write it without choices by size.`,
    );
  }
  for (const [at, { name, dtype, data }] of first.initializers.entries()) {
    const versions = traces.map((each) => each.initializers[at].data);
    const same = versions.every(
      (other) => other === data || (other.length === data.length && equal(other, data)),
    );
    if (same) continue;
    const products = Array.from({ length: data.length }, (_, index) =>
      productOf(
        versions.map((version) => Number(version[index])),
        axes,
      ),
    );
    if (dtype !== 'int64' || products.includes(undefined)) {
      throw new Error(
        `jit: cannot export with open axes ${axes.join(', ')}: a ${dtype} constant of the function depends on their size.\n` +
          `Fix the axes, or pass that array as an input or as state that is sliced.`,
      );
    }
    openings.set(name, products as Product[]);
  }
  return openings;
}

function equal(a: OnnxInitializer['data'], b: OnnxInitializer['data']): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where the size of each open axis can be read: input and place. */
function axisSources(
  names: readonly string[],
  inputs: ExportOptions['inputs'],
): ReadonlyMap<string, { readonly input: string; readonly place: number }> {
  return new Map(
    names.flatMap((input) =>
      inputs[input].shape.flatMap((size, place) =>
        typeof size === 'string' ? [[size, { input, place }] as const] : [],
      ),
    ),
  );
}

/** Nodes that compute the open integer vectors from the shapes of the inputs. */
function openShapes(
  onnx: OnnxBuilder,
  openings: ReadonlyMap<Name, readonly Product[]>,
  sources: ReturnType<typeof axisSources>,
): { nodes: OnnxBuilder['nodes']; initializers: OnnxInitializer[]; rename: (name: Name) => Name } {
  const builder = new OnnxBuilder({ dialect: 'standard', prefix: 'size' });
  const renamed = new Map<Name, Name>();
  const sizeOfAxis = (axis: string): Name => {
    const { input, place } = sources.get(axis) as { input: string; place: number }; // every axis has a source
    return builder.op('Shape', [input], { start: { int: place }, end: { int: place + 1 } });
  };
  for (const [name, products] of openings) {
    const parts = products.map(({ factor, axes }) => {
      const sizes = axes.map(sizeOfAxis);
      if (factor !== 1 || sizes.length === 0) sizes.push(builder.int64s([factor]));
      return sizes.reduce((all, size) => builder.op('Mul', [all, size]));
    });
    const scalar = onnx.initializers.find((each) => each.name === name)?.shape.length === 0;
    const vector =
      parts.length === 1 ? parts[0] : builder.op('Concat', parts, { axis: { int: 0 } });
    renamed.set(name, scalar ? builder.op('Squeeze', [vector]) : vector);
  }
  const rename = (name: Name): Name => renamed.get(name) ?? name;
  return { nodes: builder.nodes, initializers: builder.initializers, rename };
}
