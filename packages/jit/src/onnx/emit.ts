// Neutral graph → ONNX model.

import type { Graph, GraphNode } from '../graph.js';
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
import { type OnnxPort, writeModel } from './model-writer.js';
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
}

export interface EmitOptions {
  readonly dialect?: Dialect;
  /** State leaves are constants without values instead of inputs. */
  readonly frozen?: boolean;
}

export const stateInName = (index: number): string => `state_${index}`;
export const inputName = (index: number): string => `input_${index}`;
export const stateOutName = (index: number): string => `new_state_${index}`;
export const outputName = (index: number): string => `output_${index}`;

/**
 * Lowers a whole traced function. Leaves that do not change and inputs that nothing reads are not ports.
 *
 * @throws Error naming a kernel without ONNX lowering
 */
export function emitProgram(
  graph: Graph,
  { dialect = 'cpu', frozen = false }: EmitOptions = {},
): Emitted {
  const onnx = new OnnxBuilder({ dialect });
  for (const [index, value] of graph.state.entries()) onnx.bind(value, stateInName(index));
  for (const [index, value] of graph.inputs.entries()) onnx.bind(value, inputName(index));
  const fused = fuse(graph);
  const stateOut = indices(graph.newState, (value, index) => value.id !== graph.state[index].id);
  const onlyAnswers = stateOut.length === 0 && dialect === 'cpu';
  const { nodes } = onlyAnswers ? readRows(fuseAttention(fused)) : fused;
  lowerNodes(onnx, nodes);

  const ends = [
    ...stateOut.map((index) => ({ value: graph.newState[index], name: stateOutName(index) })),
    ...graph.outputs.map((value, index) => ({ value, name: outputName(index) })),
  ];
  onnx.end(ends);
  const outputs = ends.map(
    ({ value, name }): OnnxPort => ({ name, dtype: value.dtype, shape: value.shape }),
  );

  const read = new Set(onnx.nodes.flatMap(({ inputs }) => inputs));
  const stateIn = indices(graph.state, (_, index) => read.has(stateInName(index)));
  const inputs = indices(graph.inputs, (_, index) => read.has(inputName(index)));
  const state = stateIn.map((index) => ({ ...graph.state[index], name: stateInName(index) }));
  const model = writeModel({
    nodes: onnx.nodes,
    initializers: onnx.initializers,
    constants: frozen ? state : [],
    inputs: [
      ...(frozen ? [] : state),
      ...inputs.map((index) => ({ ...graph.inputs[index], name: inputName(index) })),
    ],
    outputs,
  });
  return { model, stateIn, inputs, stateOut };
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
