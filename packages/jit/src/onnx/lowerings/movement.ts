// Kernels that move values → ONNX.

import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';

const LAST = 2 ** 31 - 1;

export const MOVEMENT: LoweringTable = {
  Reshape: lower<{ shape: number[] }>(reshape),
  Transpose: lower<{ perm: number[] }>((onnx, { inputs: [x], attrs: { perm } }) =>
    onnx.op('Transpose', [onnx.name(x)], { perm }),
  ),
  BroadcastTo: lower<{ shape: number[] }>((onnx, { inputs: [x], attrs: { shape } }) =>
    onnx.op('Expand', [onnx.name(x), onnx.int64s(shape)]),
  ),
  Tile: lower<{ reps: number[] }>((onnx, { inputs: [x], attrs: { reps } }) =>
    onnx.op('Tile', [onnx.name(x), onnx.int64s(reps)]),
  ),
  Concat: lower<{ axis: number }>((onnx, { inputs, attrs: { axis } }) =>
    onnx.op(
      'Concat',
      inputs.map((x) => onnx.name(x)),
      { axis: { int: axis } },
    ),
  ),
  SplitV: lower<{ sizes: number[]; axis: number }>(
    (onnx, { inputs: [x], attrs: { sizes, axis } }) =>
      onnx.ops('Split', [onnx.name(x), onnx.int64s(sizes)], sizes.length, { axis: { int: axis } }),
  ),
  Slice: lower<{ begin: number[]; size: number[] }>(
    (onnx, { inputs: [x], attrs: { begin, size } }) => {
      const axes = begin
        .map((_, axis) => axis)
        .filter((axis) => onnx.openSizes || size[axis] !== x.shape[axis]);
      const ends = axes.map((axis) => begin[axis] + size[axis]);
      return slice(
        onnx,
        onnx.name(x),
        axes.map((axis) => begin[axis]),
        ends,
        axes,
      );
    },
  ),
  StridedSlice: lower<{ begin: number[]; end: number[]; strides: number[] }>(stridedSlice),
  PadV2: lower<{ paddings: [number, number][]; constantValue: number }>(
    (onnx, { inputs: [x], attrs: { paddings, constantValue } }) =>
      onnx.op('Pad', [onnx.name(x), pads(onnx, paddings), onnx.scalar(constantValue, x.dtype)]),
  ),
  MirrorPad: lower<{ paddings: [number, number][]; mode: string }>(mirrorPad),
  Reverse: lower<{ dims: number[] }>((onnx, { inputs: [x], attrs: { dims } }) =>
    onnx.op('Slice', [
      onnx.name(x),
      onnx.int64s(dims.map(() => -1)),
      onnx.int64s(dims.map(() => -LAST)),
      onnx.int64s(dims),
      onnx.int64s(dims.map(() => -1)),
    ]),
  ),
};

function reshape(
  onnx: OnnxBuilder,
  { inputs: [x], attrs: { shape } }: LoweredNode<{ shape: number[] }>,
): Name {
  return onnx.op('Reshape', [onnx.name(x), onnx.int64s(shape)], { allowzero: { int: 1 } });
}

/** A block of `x`: `starts` up to but without `ends` along `axes`. */
export function slice(
  onnx: OnnxBuilder,
  x: Name,
  starts: number[],
  ends: number[],
  axes: number[],
): Name {
  return onnx.op('Slice', [x, onnx.int64s(starts), onnx.int64s(ends), onnx.int64s(axes)]);
}

function pads(onnx: OnnxBuilder, paddings: [number, number][]): Name {
  return onnx.int64s([
    ...paddings.map(([before]) => before),
    ...paddings.map(([, after]) => after),
  ]);
}

function stridedSlice(
  onnx: OnnxBuilder,
  {
    inputs: [x],
    attrs: { begin, end, strides },
  }: LoweredNode<{ begin: number[]; end: number[]; strides: number[] }>,
): Name {
  // An end of -1 under a negative stride means "past the first element", which ONNX spells by a very small number.
  const ends = end.map((at, axis) => (strides[axis] < 0 && at < 0 ? -LAST : at));
  return onnx.op('Slice', [
    onnx.name(x),
    onnx.int64s(begin),
    onnx.int64s(ends),
    onnx.int64s(begin.map((_, axis) => axis)),
    onnx.int64s(strides),
  ]);
}

function mirrorPad(
  onnx: OnnxBuilder,
  {
    inputs: [x],
    attrs: { paddings, mode },
  }: LoweredNode<{ paddings: [number, number][]; mode: string }>,
): Name {
  if (mode === 'reflect')
    return onnx.op('Pad', [onnx.name(x), pads(onnx, paddings)], { mode: 'reflect' });
  // Symmetric padding repeats the border too, which ONNX has not: gather it axis by axis.
  return paddings.reduce<Name>((padded, [before, after], axis) => {
    if (before === 0 && after === 0) return padded;
    const size = x.shape[axis];
    const positions = Array.from({ length: before + size + after }, (_, at) => {
      const inside = at - before;
      if (inside < 0) return -1 - inside;
      return inside < size ? inside : 2 * size - 1 - inside;
    });
    return onnx.op('Gather', [padded, onnx.int64s(positions)], { axis: { int: axis } });
  }, onnx.name(x));
}
