// Reductions, scans and soft-max → ONNX. Reductions keep their axes with length one.

import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type Lowering, type LoweringTable, lower } from '../lowering.js';
import { castTo } from './elementwise.js';
import { slice } from './movement.js';

type ReduceAttrs = { readonly axes: number[] };
type ScanAttrs = { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };

export const REDUCE: LoweringTable = {
  Sum: lower<ReduceAttrs>(reduction('ReduceSum')),
  SumSquare: sumSquare,
  Mean: lower<ReduceAttrs>(reduction('ReduceMean')),
  Prod: lower<ReduceAttrs>(reduction('ReduceProd')),
  Max: lower<ReduceAttrs>(reduction('ReduceMax')),
  Min: lower<ReduceAttrs>(reduction('ReduceMin')),
  All: lower<ReduceAttrs>(logical('ReduceMin')),
  Any: lower<ReduceAttrs>(logical('ReduceMax')),
  ArgMax: lower<{ axis: number }>(argReduction('ArgMax')),
  ArgMin: lower<{ axis: number }>(argReduction('ArgMin')),
  Softmax: lower<{ axis: number }>((onnx, { inputs: [x], attrs: { axis } }) =>
    onnx.op('Softmax', [onnx.name(x)], { axis: { int: axis } }),
  ),
  LogSoftmax: lower<{ axis: number }>((onnx, { inputs: [x], attrs: { axis } }) =>
    onnx.op('LogSoftmax', [onnx.name(x)], { axis: { int: axis } }),
  ),
  Cumprod: lower<ScanAttrs>(cumprod),
  Cumsum: lower<ScanAttrs>((onnx, { inputs: [x], attrs }) =>
    scan(onnx, 'CumSum', onnx.name(x), attrs),
  ),
};

/** ONNX has no running product: multiply by copies shifted by 1, 2, 4, … places. */
function cumprod(onnx: OnnxBuilder, { inputs: [x], attrs }: LoweredNode<ScanAttrs>): Name {
  const { axis, exclusive, reverse } = attrs;
  const size = x.shape[axis];
  const one = onnx.scalar(1, x.dtype);
  const shifted = (name: Name, by: number): Name => {
    const [start, end] = reverse ? [by, size] : [0, size - by];
    const pads = x.shape.map((_, at) => (at === axis ? by : 0));
    const none = x.shape.map(() => 0);
    const amounts = onnx.int64s(reverse ? [...none, ...pads] : [...pads, ...none]);
    return onnx.op('Pad', [slice(onnx, name, [start], [end], [axis]), amounts, one]);
  };
  let product = exclusive ? shifted(onnx.name(x), 1) : onnx.name(x);
  for (let by = 1; by < size; by *= 2) product = onnx.op('Mul', [product, shifted(product, by)]);
  return product;
}

/** Sums over `axes`, which stay with length one. */
export function reduce(onnx: OnnxBuilder, type: string, x: Name, axes: readonly number[]): Name {
  return onnx.op(type, [x, onnx.int64s(axes)], { keepdims: { int: 1 } });
}

/** Row by row first, which runs on all threads, then over the rows. */
function sumSquare(onnx: OnnxBuilder, { inputs: [x], outputs: [y] }: LoweredNode): Name {
  const axes = x.shape.map((_, axis) => axis);
  const rows = reduce(onnx, 'ReduceSumSquare', onnx.name(x), axes.slice(-1));
  const sum = axes.length > 1 ? reduce(onnx, 'ReduceSum', rows, axes) : rows;
  return onnx.op('Reshape', [sum, onnx.int64s(y.shape)]);
}

function reduction(type: string): Lowering<ReduceAttrs> {
  return (onnx, { inputs: [x], attrs: { axes } }) => {
    if (x.dtype !== 'bool') return reduce(onnx, type, onnx.name(x), axes);
    return castTo(onnx, reduce(onnx, type, castTo(onnx, onnx.name(x), 'int32'), axes), 'bool');
  };
}

function logical(type: string): Lowering<ReduceAttrs> {
  return (onnx, { inputs: [x], attrs: { axes } }) =>
    castTo(onnx, reduce(onnx, type, castTo(onnx, onnx.name(x), 'int32'), axes), 'bool');
}

function argReduction(type: string): Lowering<{ axis: number }> {
  return (onnx, { inputs: [x], attrs: { axis } }) => {
    const given = x.dtype === 'bool' ? castTo(onnx, onnx.name(x), 'int32') : onnx.name(x);
    const index = onnx.op(type, [given], { axis: { int: axis }, keepdims: { int: 0 } });
    return castTo(onnx, index, 'int32');
  };
}

function scan(
  onnx: OnnxBuilder,
  type: string,
  x: Name,
  { axis, exclusive, reverse }: ScanAttrs,
): Name {
  return onnx.op(type, [x, onnx.scalar(axis, 'int64')], {
    exclusive: { int: Number(exclusive) },
    reverse: { int: Number(reverse) },
  });
}
