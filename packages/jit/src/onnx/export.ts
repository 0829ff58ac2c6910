// A traced function as an ONNX file for others: standard operators, named inputs and outputs, open axes.

import type * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph.js';
import { type HostTensor, isHostTensor, type TensorSpec } from '../host-tensor.js';
import { axesOf, shapeAt, tracesOf } from '../open-axes.js';
import { backendReady, isTensor, type Signature, type Step, trace } from '../trace.js';
import { flatten, type Tree } from '../tree.js';
import { OnnxBuilder } from './builder.js';
import { lowerNodes, portsOf } from './emit.js';
import { writeModel } from './model-writer.js';
import { openGraph } from './open-graph.js';

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
  const axes = axesOf(names.map((name) => options.inputs[name]));
  const traces = tracesOf(axes, (sizes) => {
    const inputs = names.map((name): TensorSpec => {
      const { dtype, shape } = options.inputs[name];
      return {
        dtype: dtype === 'int64' ? 'int32' : dtype,
        shape: shapeAt(shape, sizes),
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
  const { outputPaths } = traces[0].trace;
  const inputs = names.map((name) => ({ name, ...options.inputs[name] }));
  const opened = openGraph(
    traces.map(({ sizes, trace: { onnx } }) => ({ sizes, trace: onnx })),
    inputs,
  );
  const outputs = traces.map(({ sizes, trace: { graph } }) => ({ sizes, trace: graph.outputs }));
  return writeModel({ ...opened, inputs, outputs: portsOf(outputs, outputPaths.map(outputName)) });
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
