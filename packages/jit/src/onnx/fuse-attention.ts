// Self-attention as one node, where no gradient reads the probabilities that lie in between.
//
// Shapes: B batch, S sequence, H hidden, A heads, D = H / A.

import type { Graph, GraphNode, Value } from '../graph.js';
import { sameShape } from '../host-tensor.js';
import { readersOf } from '../rewrite.js';

/**
 * Attributes of an Attention node. Its inputs: `[B S, X]`; query (scaled), key and value as one weight `[3 H, X]` and one
 * bias `[3 H]`; where scores are biased, what is added to them, `[B or 1, A or 1, S or 1, S]`. Its output: `[B S, H]`.
 */
export interface AttentionAttrs {
  readonly batch: number;
  readonly heads: number;
}

/** Attention nodes where `selfAttention` of @alectra/nn was recorded; what they replace stays, unread. */
export function fuseAttention(graph: Graph): Graph {
  const makers = new Map<number, GraphNode>();
  const readers = readersOf(graph);
  const nodes = graph.nodes.map((node) => {
    for (const { id } of node.outputs) makers.set(id, node);
    return attentionOf(node, makers, readers) ?? node;
  });
  return { ...graph, nodes };
}

function attentionOf(
  node: GraphNode,
  makers: ReadonlyMap<number, GraphNode>,
  readers: ReadonlyMap<number, number>,
): GraphNode | undefined {
  /** The node that makes a value, if it is `op` with these attributes. */
  const made = (
    value: Value | undefined,
    op: string,
    attrs: Readonly<Record<string, unknown>> = {},
  ): GraphNode | undefined => {
    const found = value && makers.get(value.id);
    if (found?.op !== op) return undefined;
    const fits = ([name, wanted]: [string, unknown]): boolean =>
      String(found.attrs[name]) === String(wanted);
    return Object.entries(attrs).every(fits) ? found : undefined;
  };
  if (node.op !== 'Reshape') return undefined;
  const ordered = made(node.inputs[0], 'Transpose', { perm: [0, 2, 1, 3] });
  const context = made(ordered?.inputs[0], 'BatchMatMul', PLAIN);
  const probabilities = made(context?.inputs[0], 'Softmax', { axis: 3 });
  const biased = made(probabilities?.inputs[0], 'Add');
  const scores = biased?.inputs[0] ?? probabilities?.inputs[0];
  const product = made(scores, 'BatchMatMul', { transposeA: false, transposeB: true });
  if (!context || !product || 'alpha' in product.attrs || 'alpha' in context.attrs)
    return undefined;
  if (readers.get(context.inputs[0].id) !== 1) return undefined;

  const parts = [...product.inputs, context.inputs[1]];
  const split = made(made(parts[0], 'Reshape')?.inputs[0], 'SplitV', { axis: 0 });
  const isSplit = parts.every(
    (part, at) => made(part, 'Reshape')?.inputs[0].id === split?.outputs[at]?.id,
  );
  const turned = made(split?.inputs[0], 'Transpose', { perm: [2, 0, 3, 1, 4] });
  const packed = made(turned?.inputs[0], 'Reshape');
  const map = made(packed?.inputs[0], 'Gemm', { transposeA: false, transposeB: true });
  if (!isSplit || !packed || !map || 'alpha' in map.attrs) return undefined;

  const [B, S, three, A, D] = packed.outputs[0].shape;
  const bias = biased?.inputs[1];
  const isAttention =
    three === 3 &&
    sameShape(map.inputs[2].shape, [3 * A * D]) &&
    sameShape(node.outputs[0].shape, [B * S, A * D]) &&
    (!bias || (bias.shape.length === 4 && bias.shape[3] === S));
  if (!isAttention) return undefined;
  return {
    op: 'Attention',
    inputs: [...map.inputs, ...(bias ? [bias] : [])],
    attrs: { batch: B, heads: A } satisfies AttentionAttrs,
    outputs: node.outputs,
  };
}

const PLAIN = { transposeA: false, transposeB: false };
