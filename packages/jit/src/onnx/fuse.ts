// Rewrites of the neutral graph that ONNX Runtime profits from, before lowering.
//
// Each pass looks for a product, a square or a scatter whose only reader can absorb it: one pass over memory
// less each time. New nodes bear names of this file's own (Gemm, SumSquare, SegmentSumInto).

import type { Graph, GraphNode, Value } from '../graph.js';
import { uniformOf } from '../graph.js';
import { sameShape, sizeOf } from '../host-tensor.js';

/** Attributes of BatchMatMul and Gemm after fusion. */
export interface ProductAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Factor on the product; 1 if absent. */
  readonly alpha?: number;
}

/** Everything a pass needs to know about the graph it rewrites. */
interface Context {
  /** The node that computes a value, as rewritten so far. */
  readonly maker: Map<number, GraphNode>;
  /** How often a value is read, results included. */
  readonly readers: Map<number, number>;
  /** Nodes that were absorbed. */
  readonly gone: Set<GraphNode>;
}

export function fuse(graph: Graph): Graph {
  const readers = new Map<number, number>();
  const read = ({ id }: Value): void => void readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(read);
  [...graph.newState, ...graph.outputs].forEach(read);

  const context: Context = { maker: new Map(), readers, gone: new Set() };
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    for (const fused of [rewrite(context, node)].flat()) {
      nodes.push(fused);
      for (const { id } of fused.outputs) context.maker.set(id, fused);
    }
  }
  return { ...graph, nodes: nodes.filter((node) => !context.gone.has(node)) };
}

function rewrite(context: Context, node: GraphNode): GraphNode | GraphNode[] {
  switch (node.op) {
    case 'Add':
      return productPlus(context, node) ?? segmentSumInto(context, node) ?? node;
    case 'Multiply':
      return scaledProduct(context, node) ?? node;
    case 'Sum':
      return sumOfSquares(context, node) ?? node;
    case 'GeluGrad':
      return halvedGeluGrad(context, node) ?? node;
    default:
      return node;
  }
}

/** The node that computes `value`, if it is `op` and nobody else reads the result. */
function absorbable(
  { maker, readers, gone }: Context,
  value: Value,
  op: string,
): GraphNode | undefined {
  const node = maker.get(value.id);
  return node?.op === op && readers.get(value.id) === 1 && !gone.has(node) ? node : undefined;
}

/** A B + C: C a bias, a residual, or the sum of gradients so far. */
function productPlus(context: Context, node: GraphNode): GraphNode | undefined {
  const [output] = node.outputs;
  if (output.shape.length !== 2 || output.dtype !== 'float32') return undefined;
  const [left, right] = node.inputs;
  // Of two products the later one absorbs the earlier.
  for (const [product, other] of [
    [right, left],
    [left, right],
  ]) {
    const made = absorbable(context, product, 'BatchMatMul');
    if (!made || !sameShape(product.shape, output.shape) || !addsTo(other, output.shape)) continue;
    context.gone.add(made);
    return {
      op: 'Gemm',
      inputs: [...made.inputs, other],
      attrs: made.attrs,
      outputs: node.outputs,
    };
  }
  return undefined;
}

/** Whether Gemm may add `c` to a matrix of `shape`; a uniform constant stays an Add. */
function addsTo(c: Value, [rows, columns]: readonly number[]): boolean {
  if (c.shape.length > 2 || c.constant) return false;
  const [m, n] = [1, 1, ...c.shape].slice(-2);
  return (m === 1 || m === rows) && (n === 1 || n === columns);
}

/** Rows added into an array that is already there, instead of into zeros and then to it. */
function segmentSumInto(context: Context, node: GraphNode): GraphNode | undefined {
  for (const [index, value] of node.inputs.entries()) {
    const other = node.inputs[1 - index];
    const made = absorbable(context, value, 'UnsortedSegmentSum');
    if (!made || !sameShape(other.shape, value.shape) || other.constant) continue;
    context.gone.add(made);
    return segmentSums(context, node, made.inputs, other);
  }
  return undefined;
}

/** Into the result of another scatter: one scatter of all rows, since each of them writes the whole array out. */
function segmentSums(
  context: Context,
  node: GraphNode,
  added: readonly Value[],
  into: Value,
): GraphNode {
  const before = absorbable(context, into, 'SegmentSumInto');
  if (before) context.gone.add(before);
  const base = before ? before.inputs.slice(-1) : [into];
  const pairs = before ? before.inputs.slice(0, -1) : [];
  return {
    op: 'SegmentSumInto',
    inputs: [...pairs, ...added, ...base],
    attrs: {},
    outputs: node.outputs,
  };
}

/** Product times number: the product scales while it writes. */
function scaledProduct(context: Context, node: GraphNode): GraphNode | undefined {
  for (const [index, value] of node.inputs.entries()) {
    const factor = uniformOf(node.inputs[1 - index]);
    if (factor === undefined || !sameShape(value.shape, node.outputs[0].shape)) continue;
    const made = absorbable(context, value, 'BatchMatMul');
    if (!made || value.dtype !== 'float32') continue;
    context.gone.add(made);
    return { ...made, attrs: scaleBy(made, factor), outputs: node.outputs };
  }
  return undefined;
}

function scaleBy({ attrs }: GraphNode, factor: number): GraphNode['attrs'] {
  return { ...attrs, alpha: ((attrs.alpha as number | undefined) ?? 1) * factor };
}

/** The sum of all squares, as norms want it. */
function sumOfSquares(context: Context, node: GraphNode): GraphNode | undefined {
  const [value] = node.inputs;
  const made = absorbable(context, value, 'Square');
  const all = sizeOf(node.outputs[0].shape) === 1;
  if (!made || !all || value.dtype !== 'float32') return undefined;
  context.gone.add(made);
  return { ...node, op: 'SumSquare', inputs: made.inputs };
}

/** GELU's slope has a factor ½, which the product that made the gradient can take over. */
function halvedGeluGrad(context: Context, node: GraphNode): GraphNode[] | undefined {
  const made = absorbable(context, node.inputs[1], 'BatchMatMul');
  if (!made) return undefined;
  context.gone.add(made);
  return [
    { ...made, attrs: scaleBy(made, 0.5) },
    { ...node, attrs: { ...node.attrs, halved: true } },
  ];
}
