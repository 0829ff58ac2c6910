// Gathers, scatters, one-hot, top-k → TensorFlow.

import type { Value } from '../../graph.js';
import { sizeOf } from '../../host-tensor.js';
import type { Term, TfBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';

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
  UnsortedSegmentSum: (tf, { inputs: [x, ids], outputs: [y] }) =>
    segmentSum(tf, tf.term(x), tf.term(ids), y),
  SegmentSumInto: segmentSumInto,
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

/** One scatter of all rows, since each starts from zeros. Rows with a negative id are left out. */
function segmentSumInto(tf: TfBuilder, { inputs, outputs: [y] }: LoweredNode): Term {
  const into = tf.term(inputs[inputs.length - 1]);
  const rows: Term[] = [];
  const ids: Term[] = [];
  for (let at = 0; at + 1 < inputs.length; at += 2) {
    const count = sizeOf(inputs[at + 1].shape);
    rows.push(tf.reshape(tf.term(inputs[at]), [count, ...y.shape.slice(1)]));
    ids.push(tf.reshape(tf.term(inputs[at + 1]), [count]));
  }
  const sum = segmentSum(tf, stacked(tf, rows), stacked(tf, ids), y);
  return tf.op('AddV2', [into, sum], into);
}

/** One behind the other along the first axis. */
function stacked(tf: TfBuilder, parts: readonly Term[]): Term {
  if (parts.length === 1) return parts[0];
  const [{ dtype, shape }] = parts;
  const count = parts.reduce((sum, part) => sum + part.shape[0], 0);
  return tf.op(
    'ConcatV2',
    [...parts, tf.scalar(0, 'int32')],
    { dtype, shape: [count, ...shape.slice(1)] },
    { N: { int: parts.length }, Tidx: INT32 },
  );
}

function segmentSum(tf: TfBuilder, rows: Term, ids: Term, y: Value): Term {
  return tf.op('UnsortedSegmentSum', [rows, ids, tf.scalar(y.shape[0], 'int32')], y, {
    Tindices: INT32,
    Tnumsegments: INT32,
  });
}

/** A vector of indices addresses along one axis. */
function asRows(tf: TfBuilder, indices: Value): Term {
  const term = tf.term(indices);
  return indices.shape.length === 1 ? tf.reshape(term, [...indices.shape, 1]) : term;
}
