// Rows that nothing reads are not computed: a head over a few positions needs the last layer at those positions only.
//
// Every matrix is wanted whole, or at the rows that one gather picks. Backwards through the graph it is found out
// which; forwards, the gather moves from behind the row-wise nodes to before them.

import type { Graph, GraphNode, Value } from '../graph.js';

/** Which inputs lend row n to row n of the result; the others are the same for all rows. */
const ROW_WISE: Readonly<Record<string, readonly number[]>> = {
  Add: [0, 1],
  Gelu: [0],
  Gemm: [0],
  LayerNorm: [0],
};

/** The row numbers that are wanted of a matrix, or all. */
type Wanted = Value | 'all';

/** The same results; nodes are in an order in which they can run, those that no result needs are left out. */
export function readRows(graph: Graph): Graph {
  const wanted = wantedRows(graph);
  const rowsOf = (node: GraphNode): Value | undefined => {
    const rows = isRowWise(node) ? wantedOf(node, wanted) : undefined;
    return rows === 'all' ? undefined : rows;
  };
  /** Not one that the trace has given out. */
  let freshId = -1;
  /** Some rows of matrices, by `keyOf`. */
  const narrow = new Map<string, Value>();
  const nodes: GraphNode[] = [];
  const narrowed = (value: Value, rows: Value): Value => {
    const found = narrow.get(keyOf(value, rows));
    if (found) return found;
    const picked = { ...narrowTo(rows, value), id: freshId-- };
    narrow.set(keyOf(value, rows), picked);
    nodes.push({ op: 'GatherV2', inputs: [value, rows], attrs: ROWS, outputs: [picked] });
    return picked;
  };

  for (const node of graph.nodes) {
    const rows = rowsOf(node);
    const done = isRowGather(node) ? narrow.get(keyOf(node.inputs[0], node.inputs[1])) : undefined;
    if (rows) {
      const inputs = node.inputs.map((value, at) =>
        ROW_WISE[node.op].includes(at) ? narrowed(value, rows) : value,
      );
      const outputs = node.outputs.map((value) => narrowTo(rows, value));
      for (const value of outputs) narrow.set(keyOf(value, rows), value);
      nodes.push({ ...node, inputs, outputs });
    } else if (done) {
      const [{ shape }] = node.outputs;
      nodes.push({ op: 'Reshape', inputs: [done], attrs: { shape }, outputs: node.outputs });
    } else {
      nodes.push(node);
    }
  }
  return { ...graph, nodes: needed(nodes, [...graph.outputs, ...graph.newState]) };
}

const ROWS = { axis: 0, batchDims: 0 };

/** A matrix and the row numbers that are read of it. */
const keyOf = (matrix: Value, rows: Value): string => `${matrix.id} ${rows.id}`;

/** What is wanted of every value that a result needs, by its id. */
function wantedRows({ nodes, outputs, newState }: Graph): Map<number, Wanted> {
  const wanted = new Map<number, Wanted>();
  const want = ({ id }: Value, rows: Wanted): void => {
    wanted.set(id, together(wanted.get(id) ?? rows, rows));
  };
  for (const value of [...outputs, ...newState]) want(value, 'all');
  for (const node of nodes.toReversed()) {
    const rows = wantedOf(node, wanted);
    if (!rows) continue;
    const lending = isRowGather(node) || isRowWise(node) ? (ROW_WISE[node.op] ?? [0]) : [];
    for (const [at, value] of node.inputs.entries()) {
      if (!lending.includes(at)) want(value, 'all');
      else want(value, isRowGather(node) ? node.inputs[1] : rows);
    }
  }
  return wanted;
}

/** What is wanted of the results of a node, all in all. */
function wantedOf({ outputs }: GraphNode, wanted: ReadonlyMap<number, Wanted>): Wanted | undefined {
  const found = outputs.flatMap(({ id }) => wanted.get(id) ?? []);
  return found.length === 0 ? undefined : found.reduce(together);
}

const together = (a: Wanted, b: Wanted): Wanted =>
  a !== 'all' && b !== 'all' && a.id === b.id ? a : 'all';

function isRowWise({ op, inputs, attrs, outputs: [{ shape }] }: GraphNode): boolean {
  const lending = ROW_WISE[op];
  if (!lending || shape.length !== 2) return false;
  const isMatrix = (at: number): boolean =>
    inputs[at].shape.length === 2 && inputs[at].shape[0] === shape[0] && !inputs[at].constant;
  // what Gemm adds must be one row for all, and its rows those of its first operand
  const isPlain = op !== 'Gemm' || (inputs[2].shape.length === 1 && !attrs.transposeA);
  return isPlain && lending.every(isMatrix);
}

/** A gather of whole rows of a matrix, fewer than it has. */
const isRowGather = ({ op, inputs, attrs }: GraphNode): boolean =>
  op === 'GatherV2' &&
  attrs.axis === 0 &&
  !attrs.batchDims &&
  inputs[0].shape.length === 2 &&
  inputs[1].shape.length === 1 &&
  inputs[1].shape[0] < inputs[0].shape[0];

const narrowTo = (rows: Value, { id, dtype, shape }: Value): Value => ({
  id,
  dtype,
  shape: [rows.shape[0], ...shape.slice(1)],
});

/** Nodes that the results need, each after those that it reads. */
function needed(nodes: readonly GraphNode[], results: readonly Value[]): GraphNode[] {
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)),
  );
  const sorted = new Set<GraphNode>();
  const place = ({ id }: Value): void => {
    const node = makers.get(id);
    if (!node || sorted.has(node)) return;
    node.inputs.forEach(place);
    sorted.add(node);
  };
  results.forEach(place);
  return [...sorted];
}
