// Passes for sums that need not be written out first. New nodes bear names of this file's own.

import type { GraphNode, Value } from './graph.js';
import { sameShape, sizeOf } from './host-tensor.js';
import { absorbable, type Context } from './rewrite.js';

/**
 * Rows added into an array that is already there, instead of into zeros and then to it: `SegmentSumInto`, of rows and ids
 * in turn, and last the array.
 */
export function segmentSumInto(context: Context, node: GraphNode): GraphNode | undefined {
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

/** The sum of all squares, as norms want it: `SumSquare`. */
export function sumOfSquares(context: Context, node: GraphNode): GraphNode | undefined {
  const [value] = node.inputs;
  const made = absorbable(context, value, 'Square');
  const all = sizeOf(node.outputs[0].shape) === 1;
  if (!made || !all || value.dtype !== 'float32') return undefined;
  context.gone.add(made);
  return { ...node, op: 'SumSquare', inputs: made.inputs };
}
