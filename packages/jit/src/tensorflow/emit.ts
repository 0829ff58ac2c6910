// Neutral graphs → one TensorFlow graph with variables for the state.
//
// Every traced function becomes a set of nodes under its own prefix; all of them read and assign the same
// variables. A variable is assigned only after everything that the call computes exists, so a call that fails leaves
// the state as it was.

import { segmentSumInto, sumOfSquares } from '../absorb-sums.js';
import type { Graph, GraphNode } from '../graph.js';
import type { TensorSpec } from '../host-tensor.js';
import { rewrite } from '../rewrite.js';
import { TfBuilder, type TfBuilderOptions } from './builder.js';
import { fuseClusters } from './fuse-clusters.js';
import { nodeOf, type TfAttribute, type TfFunction, type TfNode } from './graph-def.js';
import type { LoweringTable } from './lowering.js';
import { CONVOLUTION } from './lowerings/convolution.js';
import { ELEMENTWISE } from './lowerings/elementwise.js';
import { FUSED } from './lowerings/fused.js';
import { INDEXING } from './lowerings/indexing.js';
import { LINALG } from './lowerings/linalg.js';
import { MOVEMENT } from './lowerings/movement.js';
import { RANDOM } from './lowerings/random.js';
import { REDUCE } from './lowerings/reduce.js';

export const TENSORFLOW_LOWERINGS: LoweringTable = {
  ...CONVOLUTION,
  ...ELEMENTWISE,
  ...FUSED,
  ...INDEXING,
  ...LINALG,
  ...MOVEMENT,
  ...RANDOM,
  ...REDUCE,
};

/** One function in the graph: what to feed, what to fetch. */
export interface EmittedFunction {
  readonly nodes: readonly TfNode[];
  /** What the nodes call. */
  readonly functions: readonly TfFunction[];
  /** Inputs that something reads, by their index in the function's list. */
  readonly inputs: readonly { readonly index: number; readonly name: string }[];
  /** Names of the outputs in order. */
  readonly outputs: readonly string[];
  /** Fetched as well when there are no outputs. */
  readonly finished: string;
}

export interface EmitOptions extends Partial<TfBuilderOptions> {
  /** Have XLA compile chains of element-wise nodes. */
  readonly fuse?: boolean;
}

const PASSES = { Add: [segmentSumInto], Sum: [sumOfSquares] };

/** @throws Error naming a kernel without TensorFlow lowering */
export function emitFunction(
  graph: Graph,
  prefix: string,
  { fuse = true, ...options }: EmitOptions = {},
): EmittedFunction {
  const tf = new TfBuilder(prefix, options);
  const changed = graph.newState.flatMap((value, index) =>
    value.id === graph.state[index].id ? [] : [index],
  );
  const moved = changed.map((index) => graph.newState[index]);
  const read = new Set([
    ...graph.nodes.flatMap(({ inputs }) => inputs),
    ...graph.outputs,
    ...moved,
  ]);
  const control: string[] = [];
  for (const [index, value] of graph.state.entries()) {
    if (!read.has(value)) continue;
    const ref = tf.add('ReadVariableOp', [variableName(index)], { dtype: { type: value.dtype } });
    tf.bind(value, { ref, dtype: value.dtype, shape: value.shape });
    control.push(`^${ref}`);
  }
  const inputs = graph.inputs.flatMap((value, index) => {
    if (!read.has(value)) return [];
    const name = tf.add('Placeholder', [], portAttributes(value), `input_${index}`);
    tf.bind(value, { ref: name, dtype: value.dtype, shape: value.shape });
    return [{ index, name }];
  });
  lowerNodes(tf, rewrite(graph, PASSES).nodes);

  const borrowed = valuesOfInputs(graph);
  const assigned = moved.map((value) => {
    const term = tf.term(value);
    return borrowed.has(value.id) ? tf.op('DeepCopy', [term], term) : term;
  });
  const results = graph.outputs.map((value) => tf.term(value));
  control.push(...[...assigned, ...results].map(({ ref }) => `^${nodeOf(ref)}`));
  const barrier =
    changed.length > 0 ? [`^${tf.add('NoOp', [...new Set(control)], {}, 'barrier')}`] : [];
  const assigns = changed.map((index, at) =>
    tf.add('AssignVariableOp', [variableName(index), assigned[at].ref, ...barrier], {
      dtype: { type: assigned[at].dtype },
    }),
  );
  const done = assigns.map((name) => `^${name}`);
  const outputs = results.map((term, index) => {
    const after = index === 0 ? done : [];
    return tf.add('Identity', [term.ref, ...after], { T: { type: term.dtype } }, `output_${index}`);
  });
  const finished = tf.add(
    'Identity',
    [tf.scalar(0, 'int32').ref, ...done],
    { T: { type: 'int32' } },
    'finished',
  );
  const fused = fuse
    ? fuseClusters(tf.nodes, (ref) => tf.specOf(ref))
    : { nodes: tf.nodes, functions: [] };
  return { ...fused, inputs, outputs, finished };
}

export function lowerNodes(tf: TfBuilder, nodes: readonly GraphNode[]): void {
  for (const node of nodes) {
    const lowering = TENSORFLOW_LOWERINGS[node.op];
    if (!lowering) {
      throw new Error(
        `jit: engine "tensorflow" cannot run kernel "${node.op}".\n` +
          `Write the function with other ops, or compile with engine "eager".`,
      );
    }
    const terms = [lowering(tf, node)].flat();
    for (const [index, output] of node.outputs.entries()) {
      // Lowerings may leave out or add axes of length one.
      const term = tf.reshape(terms[index], output.shape);
      if (term.dtype === 'bfloat16') tf.bindLow(output, term);
      else tf.bind(output, tf.cast(term, output.dtype));
    }
  }
}

/** Kernels whose TensorFlow form may hand out the memory of its input. */
const SHARING: ReadonlySet<string> = new Set([
  'Reshape',
  'Slice',
  'StridedSlice',
  'SplitV',
  'Concat',
  'Cast',
  'BroadcastTo',
  'Tile',
  'Transpose',
  'Reverse',
  'PadV2',
]);

/** Values that may lie in memory of the caller, who may change it after the call: they are copied into variables. */
function valuesOfInputs(graph: Graph): ReadonlySet<number> {
  const borrowed = new Set(graph.inputs.map(({ id }) => id));
  for (const { op, inputs, outputs } of graph.nodes) {
    if (!SHARING.has(op) || !inputs.some(({ id }) => borrowed.has(id))) continue;
    for (const { id } of outputs) borrowed.add(id);
  }
  return borrowed;
}

const variableName = (index: number): string => `state_${index}`;
const initialName = (index: number): string => `initial_${index}`;
const readName = (index: number): string => `read_${index}`;

/** How the state is written and read as a whole. */
export interface EmittedState {
  readonly nodes: readonly TfNode[];
  readonly initial: readonly string[];
  readonly initialised: string;
  readonly reads: readonly string[];
}

/** Variables for the state; their values are fed once and are never part of the file. */
export function emitState(specs: readonly TensorSpec[]): EmittedState {
  const tf = new TfBuilder('');
  const assigns = specs.map(({ dtype, shape }, index) => {
    const name = variableName(index);
    const type = { dtype: { type: dtype } } as const;
    tf.add(
      'VarHandleOp',
      [],
      { ...type, shape: { shape }, shared_name: name, container: '' },
      name,
    );
    tf.add('Placeholder', [], portAttributes({ dtype, shape }), initialName(index));
    // The fed memory belongs to the caller.
    const copy = tf.add('DeepCopy', [initialName(index)], { T: { type: dtype } });
    tf.add('ReadVariableOp', [name], type, readName(index));
    return tf.add('AssignVariableOp', [name, copy], type);
  });
  const initialised = tf.add(
    'Identity',
    [tf.scalar(0, 'int32').ref, ...assigns.map((name) => `^${name}`)],
    { T: { type: 'int32' } },
    'initialised',
  );
  return {
    nodes: tf.nodes,
    initial: specs.map((_, index) => initialName(index)),
    initialised,
    reads: specs.map((_, index) => readName(index)),
  };
}

function portAttributes({ dtype, shape }: TensorSpec): Record<string, TfAttribute> {
  return { dtype: { type: dtype }, shape: { shape } };
}
