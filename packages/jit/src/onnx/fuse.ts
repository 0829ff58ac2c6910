// Rewrites of the neutral graph that ONNX Runtime profits from, before lowering.
//
// Each pass looks for a product, a square or a scatter whose only reader can absorb it, or for a choice between whole
// arrays: one pass over memory less each time.

import { segmentSumInto, sumOfSquares } from '../absorb-sums.js';
import { type Graph, type GraphNode, uniformOf, type Value } from '../graph.js';
import { sameShape, sizeOf } from '../host-tensor.js';
import { absorbable, type Context, rewrite } from '../rewrite.js';

/** Attributes of BatchMatMul and Gemm after fusion. */
export interface ProductAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Factor on the product; 1 if absent. */
  readonly alpha?: number;
}

export const fuse = (graph: Graph): Graph =>
  rewrite(graph, {
    Add: [productPlus, segmentSumInto],
    Multiply: [scaledProduct],
    Select: [choose],
    Sum: [sumOfSquares],
    GeluGrad: [halvedGeluGrad],
  });

/** `Gemm`, A B + C: C a bias, a residual, or the sum of gradients so far. */
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

/** A condition of one value: `Choose` takes one side as a whole. */
function choose({ maker, readers, gone }: Context, node: GraphNode): GraphNode | undefined {
  const [condition, ...sides] = node.inputs;
  const spread = maker.get(condition.id);
  const isWhole = spread?.op === 'BroadcastTo' && sizeOf(spread.inputs[0].shape) === 1;
  if (!isWhole || sides.some(({ constant }) => constant)) return undefined;
  const others = (readers.get(condition.id) ?? 0) - 1; // the last choice takes the spread condition with it
  readers.set(condition.id, others);
  if (others === 0) gone.add(spread);
  return { ...node, op: 'Choose', inputs: [spread.inputs[0], ...sides] };
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
