// Convolutions and pooling → ONNX, which wants channels second: [N, H, W, C] is transposed on the way in and out.

import { sizeOf } from '../../host-tensor.js';
import type { WindowAttrs } from '../../kernels/convolution.js';
import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';
import { slice } from './movement.js';

type Gradient = WindowAttrs & { readonly inputShape: readonly number[] };

export const CONVOLUTION: LoweringTable = {
  Conv2D: lower<WindowAttrs>((onnx, { inputs: [x, filter], attrs }) =>
    leave(
      onnx,
      onnx.op(
        'Conv',
        [enter(onnx, onnx.name(x), attrs), outIn(onnx, onnx.name(filter))],
        window(attrs),
      ),
      attrs,
    ),
  ),
  DepthwiseConv2dNative: lower<WindowAttrs>(depthwise),
  Conv2DBackpropInput: lower<Gradient>((onnx, { inputs: [dy, filter], attrs }) =>
    spread(onnx, onnx.name(dy), outIn(onnx, onnx.name(filter)), dy.shape, attrs, 1),
  ),
  Conv2DBackpropFilter: lower<WindowAttrs>(filterGradient),
  MaxPool: lower<WindowAttrs>((onnx, { inputs: [x], attrs }) =>
    leave(onnx, onnx.op('MaxPool', [enter(onnx, onnx.name(x), attrs)], pooled(attrs)), attrs),
  ),
  AvgPool: lower<WindowAttrs>((onnx, { inputs: [x], attrs }) =>
    leave(onnx, onnx.op('AveragePool', [enter(onnx, onnx.name(x), attrs)], pooled(attrs)), attrs),
  ),
  MaxPoolGrad: lower<WindowAttrs>(maxPoolGradient),
  AvgPoolGrad: lower<Gradient>((onnx, { inputs: [dy], attrs }) => {
    const [height, width] = attrs.kernel;
    const channels = attrs.inputShape[3];
    const share = new Float32Array(channels * height * width).fill(1 / (height * width));
    const weights = onnx.initializer('float32', [channels, 1, height, width], share);
    return spread(onnx, onnx.name(dy), weights, dy.shape, attrs, channels);
  }),
};

const enter = (onnx: OnnxBuilder, x: Name, { channelsLast }: WindowAttrs): Name =>
  channelsLast ? onnx.op('Transpose', [x], { perm: [0, 3, 1, 2] }) : x;
const leave = (onnx: OnnxBuilder, y: Name, { channelsLast }: WindowAttrs): Name =>
  channelsLast ? onnx.op('Transpose', [y], { perm: [0, 2, 3, 1] }) : y;
/** [H, W, in, out] → [out, in, H, W] */
const outIn = (onnx: OnnxBuilder, filter: Name): Name =>
  onnx.op('Transpose', [filter], { perm: [3, 2, 0, 1] });

const window = ({ kernel, strides, dilations, pads }: WindowAttrs) => ({
  kernel_shape: kernel,
  strides,
  dilations,
  pads,
});
const pooled = ({ kernel, strides, pads }: WindowAttrs) => ({
  kernel_shape: kernel,
  strides,
  pads,
});

/** Filters [H, W, C, M]: M for each channel. */
function depthwise(
  onnx: OnnxBuilder,
  { inputs: [x, filter], attrs }: LoweredNode<WindowAttrs>,
): Name {
  const [height, width, channels, many] = filter.shape;
  const weights = onnx.op('Reshape', [
    onnx.op('Transpose', [onnx.name(filter)], { perm: [2, 3, 0, 1] }),
    onnx.int64s([channels * many, 1, height, width]),
  ]);
  const y = onnx.op('Conv', [enter(onnx, onnx.name(x), attrs), weights], {
    ...window(attrs),
    group: { int: channels },
  });
  return leave(onnx, y, attrs);
}

/** The transposed convolution that gives every output's gradient back to its window. */
function spread(
  onnx: OnnxBuilder,
  dy: Name,
  weights: Name,
  dyShape: readonly number[],
  attrs: Gradient,
  group: number,
): Name {
  const place = attrs.channelsLast ? 1 : 2;
  const { kernel, strides, dilations, pads, inputShape } = attrs;
  // Without padding first, and then cropped: one form for every padding and rounding.
  const full = onnx.op('ConvTranspose', [enter(onnx, dy, attrs), weights], {
    ...window(attrs),
    pads: [0, 0, 0, 0],
    group: { int: group },
  });
  const covered = [0, 1].map(
    (axis) =>
      (dyShape[place + axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1,
  );
  const ends = [0, 1].map((axis) => Math.min(pads[axis] + inputShape[place + axis], covered[axis]));
  const cropped = slice(onnx, full, [pads[0], pads[1]], ends, [2, 3]);
  // Rows and columns that no window reached have no gradient.
  const missing = [0, 1].map((axis) => pads[axis] + inputShape[place + axis] - ends[axis]);
  const whole = missing.every((count) => count === 0)
    ? cropped
    : onnx.op('Pad', [cropped, onnx.int64s([0, 0, 0, 0, 0, 0, ...missing])]);
  return leave(onnx, whole, attrs);
}

/** The gradient slides over the input as a filter, with strides and dilations in each other's place. */
function filterGradient(
  onnx: OnnxBuilder,
  { inputs: [x, dy], attrs }: LoweredNode<WindowAttrs>,
): Name {
  const perm = attrs.channelsLast ? [3, 0, 1, 2] : [1, 0, 2, 3]; // channels first, images as channels
  const turned = (name: Name): Name => onnx.op('Transpose', [name], { perm });
  const [height, width] = attrs.kernel;
  const place = attrs.channelsLast ? 1 : 2;
  const sums = onnx.op('Conv', [turned(onnx.name(x)), turned(onnx.name(dy))], {
    kernel_shape: dy.shape.slice(place, place + 2),
    strides: attrs.dilations,
    dilations: attrs.strides,
    pads: attrs.pads,
  }); // [in, out, at least H, at least W]
  return onnx.op('Transpose', [slice(onnx, sums, [0, 0], [height, width], [2, 3])], {
    perm: [2, 3, 0, 1],
  });
}

/** Every gradient goes to the place its maximum came from. */
function maxPoolGradient(
  onnx: OnnxBuilder,
  { inputs: [dy, x], attrs }: LoweredNode<WindowAttrs>,
): Name {
  const images = enter(onnx, onnx.name(x), attrs);
  const [, places] = onnx.ops('MaxPool', [images], 2, pooled(attrs));
  const flat = (name: Name, size: number): Name => onnx.op('Reshape', [name, onnx.int64s([size])]);
  const sum = onnx.op(
    'ScatterElements',
    [
      onnx.op('Expand', [onnx.scalar(0), onnx.int64s([sizeOf(x.shape)])]),
      flat(places, sizeOf(dy.shape)),
      flat(enter(onnx, onnx.name(dy), attrs), sizeOf(dy.shape)),
    ],
    { axis: { int: 0 }, reduction: 'add' },
  );
  const [n, h, w, c] = x.shape;
  const shape = attrs.channelsLast ? [n, c, h, w] : x.shape;
  return leave(onnx, onnx.op('Reshape', [sum, onnx.int64s(shape)]), attrs);
}
