// Neutral graph → ONNX model.

import { changesOf, type Graph, type GraphNode, type Value } from '../graph.js';
import { type InputSpec, OpenAxesError, type Sized, type Sizes } from '../open-axes.js';
import { type Dialect, OnnxBuilder } from './builder.js';
import { fuse } from './fuse.js';
import { fuseAttention } from './fuse-attention.js';
import type { LoweringTable } from './lowering.js';
import { CONVOLUTION } from './lowerings/convolution.js';
import { ELEMENTWISE } from './lowerings/elementwise.js';
import { INDEXING } from './lowerings/indexing.js';
import { LINALG } from './lowerings/linalg.js';
import { MOVEMENT } from './lowerings/movement.js';
import { RANDOM } from './lowerings/random.js';
import { REDUCE } from './lowerings/reduce.js';
import { type OnnxPort, readBy, writeModel } from './model-writer.js';
import { openGraph } from './open-graph.js';
import { dimensionOf, type OpenSize, openSizeOf } from './open-size.js';
import { readRows } from './read-rows.js';

export const ONNX_LOWERINGS: LoweringTable = {
  ...CONVOLUTION,
  ...ELEMENTWISE,
  ...INDEXING,
  ...LINALG,
  ...MOVEMENT,
  ...RANDOM,
  ...REDUCE,
};

/** What is fed and fetched, by index into the graph's lists. */
export interface Emitted {
  readonly model: Uint8Array;
  /** State leaves that are read. */
  readonly stateIn: readonly number[];
  readonly inputs: readonly number[];
  /** State leaves that change. */
  readonly stateOut: readonly number[];
  /** Of all outputs. */
  readonly outputShapes: readonly (readonly OpenSize[])[];
}

export interface EmitOptions {
  readonly dialect?: Dialect;
  /** State leaves are constants without values instead of inputs. */
  readonly frozen?: boolean;
  /** All inputs as they were declared; those of the trace when left out. */
  readonly inputs?: readonly InputSpec[];
}

export const stateInName = (index: number): string => `state_${index}`;
export const inputName = (index: number): string => `input_${index}`;
export const stateOutName = (index: number): string => `new_state_${index}`;
export const outputName = (index: number): string => `output_${index}`;

/**
 * Lowers a whole traced function. Leaves that do not change and inputs that nothing reads are not ports.
 *
 * @param traces several where axes are open (`tracesOf`), else one
 * @throws Error naming a kernel without ONNX lowering; OpenAxesError where axes cannot stay open
 */
export function emitProgram(
  traces: readonly Sized<Graph>[],
  { dialect = 'cpu', frozen = false, inputs }: EmitOptions = {},
): Emitted {
  const graph = traces[0].trace;
  const declared = inputs ?? graph.inputs;
  const stateOut = changesOf(graph);
  const endNames = [...stateOut.map(stateOutName), ...graph.outputs.map((_, at) => outputName(at))];
  const endsOf = ({ newState, outputs }: Graph): Value[] => [
    ...stateOut.map((index) => newState[index]),
    ...outputs,
  ];
  const lowered = traces.map(({ sizes, trace: each }) => {
    const onnx = new OnnxBuilder({ dialect, openSizes: traces.length > 1 });
    for (const [index, value] of each.state.entries()) onnx.bind(value, stateInName(index));
    for (const [index, value] of each.inputs.entries()) onnx.bind(value, inputName(index));
    const fused = fuse(each);
    const onlyAnswers = stateOut.length === 0 && dialect === 'cpu';
    const { nodes } = onlyAnswers ? readRows(fuseAttention(fused)) : fused;
    lowerNodes(onnx, nodes);
    onnx.end(endsOf(each).map((value, at) => ({ value, name: endNames[at] })));
    return { sizes, trace: onnx };
  });
  const results = (of: (graph: Graph) => readonly Value[]): Sized<readonly Value[]>[] =>
    traces.map(({ sizes, trace }) => ({ sizes, trace: of(trace) }));
  const ports = declared.map(({ dtype, shape }, at) => ({ name: inputName(at), dtype, shape }));
  const { nodes, initializers } = openGraph(lowered, ports);

  const read = new Set(nodes.flatMap(readBy));
  const stateIn = indices(graph.state, (_, index) => read.has(stateInName(index)));
  const fed = indices(ports, ({ name }) => read.has(name));
  const state = stateIn.map((index) => ({ ...graph.state[index], name: stateInName(index) }));
  const model = writeModel({
    nodes,
    initializers,
    constants: frozen ? state : [],
    inputs: [...(frozen ? [] : state), ...fed.map((index) => ports[index])],
    outputs: portsOf(results(endsOf), endNames),
  });
  const outputShapes = openShapes(results(({ outputs }) => outputs));
  return { model, stateIn, inputs: fed, stateOut, outputShapes };
}

/** How results are declared, from what they are in each trace. */
export function portsOf(
  traces: readonly Sized<readonly Value[]>[],
  names: readonly string[],
): OnnxPort[] {
  return openShapes(traces).map((shape, at) => ({
    name: names[at],
    dtype: traces[0].trace[at].dtype,
    shape: shape.map(dimensionOf),
  }));
}

function openShapes(traces: readonly Sized<readonly Value[]>[]): OpenSize[][] {
  const sizes: Sizes[] = traces.map((each) => each.sizes);
  return traces[0].trace.map(({ shape }, at) =>
    shape.map((_, axis) => {
      const found = openSizeOf(
        traces.map(({ trace }) => trace[at].shape[axis]),
        sizes,
      );
      if (found) return found;
      throw new OpenAxesError(
        `jit: axes ${[...sizes[0].keys()].join(', ')} cannot stay open: the size of a result depends on them in a way that is no product.\n` +
          `Fix the axes.`,
      );
    }),
  );
}

export function lowerNodes(onnx: OnnxBuilder, nodes: readonly GraphNode[]): void {
  for (const node of nodes) {
    const lowering = ONNX_LOWERINGS[node.op];
    if (!lowering) {
      throw new Error(
        `jit: engine "onnxruntime" cannot run kernel "${node.op}".\n` +
          `Write the function with other ops, or compile with engine "eager".`,
      );
    }
    const names = [lowering(onnx, node)].flat();
    for (const [index, output] of node.outputs.entries()) onnx.bind(output, names[index]);
  }
}

function indices<T>(items: readonly T[], keep: (item: T, index: number) => boolean): number[] {
  return items.flatMap((item, index) => (keep(item, index) ? [index] : []));
}
