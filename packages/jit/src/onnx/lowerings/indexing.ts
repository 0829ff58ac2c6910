// Gathers, scatters, one-hot and top-k → ONNX.

import type { Value } from '../../graph.js';
import { sizeOf } from '../../host-tensor.js';
import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';
import { castTo } from './elementwise.js';
import { reduce } from './reduce.js';

export const INDEXING: LoweringTable = {
  GatherV2: lower<{ axis: number; batchDims: number }>(gather),
  GatherNd: (onnx, { inputs: [params, indices] }) => {
    const places = refuseNegative(onnx, onnx.name(indices));
    return onnx.op('GatherND', [onnx.name(params), castTo(onnx, places, 'int64')]);
  },
  ScatterNd: lower<{ shape: number[] }>(scatterNd),
  SegmentSumInto: segmentSumInto,
  TensorScatterUpdate: (onnx, { inputs: [tensor, indices, updates] }) =>
    onnx.op('ScatterND', [
      onnx.name(tensor),
      castTo(onnx, refuseNegative(onnx, onnx.name(indices)), 'int64'),
      onnx.name(updates),
    ]),
  UnsortedSegmentSum: segmentSum,
  OneHot: lower<{ depth: number; onValue: number; offValue: number }>(
    (onnx, { inputs: [indices], outputs, attrs }) => {
      const [{ dtype }] = outputs;
      // Negative indices mean "none" here, and "from the end" in ONNX: compare instead.
      const classes = onnx.initializer(
        'int32',
        [attrs.depth],
        Array.from({ length: attrs.depth }, (_, i) => i),
      );
      const column = onnx.op('Unsqueeze', [onnx.name(indices), onnx.int64s([-1])]);
      const hot = onnx.op('Equal', [column, classes]);
      const written = dtype === 'bool' ? 'int32' : dtype; // Where has no truth values
      const chosen = onnx.op('Where', [
        hot,
        onnx.scalar(attrs.onValue, written),
        onnx.scalar(attrs.offValue, written),
      ]);
      return dtype === 'bool' ? castTo(onnx, chosen, 'bool') : chosen;
    },
  ),
  TopK: lower<{ k: number; sorted: boolean }>((onnx, { inputs: [x], attrs: { k } }) => {
    const [values, indices] = onnx.ops('TopK', [onnx.name(x), onnx.int64s([k])], 2);
    return [values, castTo(onnx, indices, 'int32')];
  }),
};

function zeros(
  onnx: OnnxBuilder,
  shape: readonly number[],
  dtype: 'float32' | 'int32' | 'bool',
): Name {
  return onnx.op('Expand', [onnx.scalar(0, dtype), onnx.int64s(shape)]);
}

const OUTSIDE = 2 ** 31 - 1;

/**
 * ONNX counts negative indices from the end, TensorFlow.js and TensorFlow refuse them: here they become too large, which
 * stops the run. GPUs check no index.
 */
export function refuseNegative(onnx: OnnxBuilder, ids: Name): Name {
  if (onnx.dialect !== 'cpu') return ids;
  const isNegative = onnx.op('Less', [ids, onnx.scalar(0, 'int32')]);
  return onnx.op('Where', [isNegative, onnx.scalar(OUTSIDE, 'int32'), ids]);
}

/** The same for places in rows that lie behind one another, where a large index would be one of a later row. */
function shiftToRow(onnx: OnnxBuilder, ids: Name, offsets: Name, length: number): Name {
  const shifted = onnx.op('Add', [ids, offsets]);
  if (onnx.dialect !== 'cpu') return shifted;
  const inside = isInside(onnx, ids, onnx.scalar(length, 'int32'));
  return onnx.op('Where', [inside, shifted, onnx.scalar(OUTSIDE, 'int32')]);
}

/** The same for flat positions of index vectors `[count, axes]`, each of which is held against its own axis. */
function refuseOutside(
  onnx: OnnxBuilder,
  positions: Name,
  vectors: Name,
  sizes: readonly number[],
): Name {
  if (onnx.dialect !== 'cpu') return positions;
  const inside = isInside(onnx, vectors, onnx.initializer('int32', [sizes.length], sizes));
  const marks = onnx.op('Where', [inside, onnx.scalar(0, 'int32'), onnx.scalar(OUTSIDE, 'int32')]);
  return onnx.op('Max', [positions, reduce(onnx, 'ReduceMax', marks, [1])]);
}

const isInside = (onnx: OnnxBuilder, ids: Name, sizes: Name): Name =>
  onnx.op('And', [
    onnx.op('GreaterOrEqual', [ids, onnx.scalar(0, 'int32')]),
    onnx.op('Less', [ids, sizes]),
  ]);

function gather(
  onnx: OnnxBuilder,
  {
    inputs: [x, indices],
    outputs: [y],
    attrs: { axis, batchDims },
  }: LoweredNode<{
    axis: number;
    batchDims: number;
  }>,
): Name {
  const ids = onnx.name(indices);
  if (!batchDims)
    return onnx.op('Gather', [onnx.name(x), refuseNegative(onnx, ids)], { axis: { int: axis } });
  // Bring the gathered axis behind the batch, lay all batch rows behind one another, shift the indices to their row.
  const rank = x.shape.length;
  const before = x.shape.map((_, at) => at);
  before.splice(axis, 1);
  before.splice(batchDims, 0, axis);
  const moved =
    axis === batchDims ? onnx.name(x) : onnx.op('Transpose', [onnx.name(x)], { perm: before });
  const rest = before.slice(batchDims + 1).map((at) => x.shape[at]);
  const rows = sizeOf(x.shape.slice(0, batchDims));
  const perRow = sizeOf(indices.shape) / rows;
  const offsets = Array.from({ length: rows }, (_, row) => row * x.shape[axis]);
  const shifted = shiftToRow(
    onnx,
    onnx.op('Reshape', [ids, onnx.int64s([rows, perRow])]),
    onnx.initializer('int32', [rows, 1], offsets),
    x.shape[axis],
  );
  const long = onnx.op('Reshape', [moved, onnx.int64s([rows * x.shape[axis], ...rest])]);
  const picked = onnx.op('Gather', [long, shifted], { axis: { int: 0 } });
  if (axis === batchDims) return onnx.op('Reshape', [picked, onnx.int64s(y.shape)]);
  // [batch, indices, middle, rest] → [batch, middle, indices, rest]
  const inner = indices.shape.slice(batchDims);
  const middle = axis - batchDims;
  const apart = onnx.op('Reshape', [
    picked,
    onnx.int64s([...x.shape.slice(0, batchDims), ...inner, ...rest]),
  ]);
  const span = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, at) => from + at);
  const perm = [
    ...span(0, batchDims),
    ...span(batchDims + inner.length, middle),
    ...span(batchDims, inner.length),
    ...span(batchDims + inner.length + middle, rank - axis - 1),
  ];
  return onnx.op('Transpose', [apart], { perm });
}

function segmentSum(onnx: OnnxBuilder, { inputs: [x, ids], outputs: [y] }: LoweredNode): Name {
  return scatterAdd(onnx, zeros(onnx, y.shape, y.dtype), y, [segment(onnx, y, x, ids)]);
}

/** Segment sums, two inputs each, added to the array that is the last input. */
function segmentSumInto(onnx: OnnxBuilder, { inputs, outputs: [y] }: LoweredNode): Name {
  const into = onnx.name(inputs[inputs.length - 1]);
  const segments = Array.from({ length: (inputs.length - 1) / 2 }, (_, at) =>
    segment(onnx, y, inputs[2 * at], inputs[2 * at + 1]),
  );
  return scatterAdd(onnx, into, y, segments);
}

/** Rows `[count, width]` and where they go, int32 `[count, 1]`. */
interface Segment {
  readonly count: number;
  readonly rows: Name;
  readonly places: Name;
}

/** Rows with a negative id are left out. */
function segment(onnx: OnnxBuilder, y: Value, x: Value, ids: Value): Segment {
  const count = sizeOf(ids.shape);
  const column = onnx.op('Reshape', [onnx.name(ids), onnx.int64s([count, 1])]);
  const zero = onnx.scalar(0, 'int32');
  const rows = onnx.op('Where', [
    onnx.op('Less', [column, zero]),
    onnx.scalar(0, y.dtype),
    onnx.op('Reshape', [onnx.name(x), onnx.int64s([count, sizeOf(y.shape.slice(1))])]),
  ]);
  return { count, rows, places: onnx.op('Max', [column, zero]) };
}

/**
 * `into[places[n]] += rows[n]`, one row after another, in an array seen as a matrix of `rows.length` columns.
 *
 * ScatterND adds rows in parallel without locks: with two threads and repeated indices its sums differ from run to run,
 * with four they are wrong. ScatterElements walks the rows in order.
 */
function scatterAdd(
  onnx: OnnxBuilder,
  into: Name,
  { shape }: Pick<Value, 'shape'>,
  segments: readonly Segment[],
  axes = 1,
): Name {
  const width = sizeOf(shape.slice(axes));
  const count = segments.reduce((sum, each) => sum + each.count, 0);
  const join = (names: Name[]): Name =>
    names.length === 1 ? names[0] : onnx.op('Concat', names, { axis: { int: 0 } });
  const places = castTo(onnx, join(segments.map((each) => each.places)), 'int64');
  const sum = onnx.op(
    'ScatterElements',
    [
      onnx.op('Reshape', [into, onnx.int64s([sizeOf(shape.slice(0, axes)), width])]),
      onnx.op('Expand', [places, onnx.int64s([count, width])]),
      join(segments.map((each) => each.rows)),
    ],
    { axis: { int: 0 }, reduction: 'add' },
  );
  return onnx.op('Reshape', [sum, onnx.int64s(shape)]);
}

/** Scatter-add by index vectors: they become positions in the flat array of slices. */
function scatterNd(
  onnx: OnnxBuilder,
  { inputs: [indices, updates], attrs: { shape } }: LoweredNode<{ shape: number[] }>,
): Name {
  const depth = indices.shape.length > 1 ? indices.shape[indices.shape.length - 1] : 1;
  const count = sizeOf(indices.shape) / depth;
  const strides = Array.from({ length: depth }, (_, axis) => sizeOf(shape.slice(axis + 1, depth)));
  const vectors = onnx.op('Reshape', [onnx.name(indices), onnx.int64s([count, depth])]);
  const weighted = onnx.op('Mul', [vectors, onnx.initializer('int32', [depth], strides)]);
  const positions = onnx.op('ReduceSum', [weighted, onnx.int64s([1])], { keepdims: { int: 1 } });
  const places = refuseOutside(onnx, positions, vectors, shape.slice(0, depth));
  const width = sizeOf(shape.slice(depth));
  const rows = onnx.op('Reshape', [onnx.name(updates), onnx.int64s([count, width])]);
  const base = zeros(onnx, shape, updates.dtype);
  return scatterAdd(onnx, base, { shape }, [{ count, rows, places }], depth);
}
