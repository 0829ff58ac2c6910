// Gathers, scatters, one-hot, top-k → TensorFlow.

import type { Value } from '../../graph.js';
import type { Term, TfBuilder } from '../builder.js';
import { type LoweringTable, lower } from '../lowering.js';

const INT32 = { type: 'int32' } as const;

export const INDEXING: LoweringTable = {
  GatherV2: lower<{ axis: number; batchDims: number }>(
    (tf, { inputs: [x, indices], outputs: [y], attrs: { axis, batchDims } }) =>
      tf.op(
        'GatherV2',
        [tf.term(x), tf.cast(tf.term(indices), 'int32'), tf.scalar(axis, 'int32')],
        y,
        {
          Tparams: { type: x.dtype },
          Tindices: INT32,
          Taxis: INT32,
          batch_dims: { int: batchDims },
        },
      ),
  ),
  GatherNd: (tf, { inputs: [params, indices], outputs: [y] }) =>
    tf.op('GatherNd', [tf.term(params), tf.term(indices)], y, {
      Tparams: { type: params.dtype },
      Tindices: INT32,
    }),
  ScatterNd: (tf, { inputs: [indices, updates], outputs: [y] }) =>
    tf.op('ScatterNd', [asRows(tf, indices), tf.term(updates), tf.ints(y.shape)], y, {
      T: { type: updates.dtype },
      Tindices: INT32,
    }),
  TensorScatterUpdate: (tf, { inputs: [tensor, indices, updates], outputs: [y] }) =>
    tf.op('TensorScatterUpdate', [tf.term(tensor), asRows(tf, indices), tf.term(updates)], y, {
      Tindices: INT32,
    }),
  UnsortedSegmentSum: lower<{ numSegments: number }>(
    (tf, { inputs: [x, ids], outputs: [y], attrs: { numSegments } }) =>
      tf.op('UnsortedSegmentSum', [tf.term(x), tf.term(ids), tf.scalar(numSegments, 'int32')], y, {
        Tindices: INT32,
        Tnumsegments: INT32,
      }),
  ),
  OneHot: lower<{ depth: number; onValue: number; offValue: number }>(
    (tf, { inputs: [indices], outputs: [y], attrs }) =>
      tf.op(
        'OneHot',
        [
          tf.term(indices),
          tf.scalar(attrs.depth, 'int32'),
          tf.scalar(attrs.onValue, y.dtype),
          tf.scalar(attrs.offValue, y.dtype),
        ],
        y,
        { T: { type: y.dtype }, TI: INT32, axis: { int: -1 } },
      ),
  ),
  TopK: lower<{ k: number; sorted: boolean }>(
    (tf, { inputs: [x], outputs, attrs: { k, sorted } }) =>
      tf.ops('TopKV2', [tf.term(x), tf.scalar(k, 'int32')], outputs, { sorted: !!sorted }),
  ),
};

/** A vector of indices addresses along one axis. */
function asRows(tf: TfBuilder, indices: Value): Term {
  const term = tf.term(indices);
  return indices.shape.length === 1 ? tf.reshape(term, [...indices.shape, 1]) : term;
}
