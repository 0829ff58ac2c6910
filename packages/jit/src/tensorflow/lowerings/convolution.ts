// Convolutions and pooling → TensorFlow. Images are brought to channels last and padded by a node of their own, so
// that every window is a plain one; gradients are cut back to the image.

import type { Value } from '../../graph.js';
import type { WindowAttrs } from '../../kernels/convolution.js';
import type { Term, TfAttributes, TfBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';

type Convolution = LoweredNode<WindowAttrs & { readonly inputShape: readonly number[] }>;

export const CONVOLUTION: LoweringTable = {
  Conv2D: lower<Convolution['attrs']>(convolve('Conv2D')),
  DepthwiseConv2dNative: lower<Convolution['attrs']>(convolve('DepthwiseConv2dNative')),
  Conv2DBackpropInput: lower<Convolution['attrs']>((tf, { inputs: [dy, filter], attrs }) => {
    const shape = paddedShape(lastShape(attrs.inputShape, attrs), attrs);
    const given = [tf.ints(shape), tf.term(filter), channelsLast(tf, tf.term(dy), attrs)];
    const dx = tf.op(
      'Conv2DBackpropInput',
      given,
      { dtype: 'float32', shape },
      convolutionAttributes(attrs),
    );
    return restored(tf, cut(tf, dx, attrs, lastShape(attrs.inputShape, attrs)), attrs);
  }),
  Conv2DBackpropFilter: lower<Convolution['attrs']>(
    (tf, { inputs: [x, dy], outputs: [y], attrs }) => {
      const given = [
        padded(tf, x, attrs, 0),
        tf.ints(y.shape),
        channelsLast(tf, tf.term(dy), attrs),
      ];
      return tf.op('Conv2DBackpropFilter', given, y, convolutionAttributes(attrs));
    },
  ),
  MaxPool: lower<Convolution['attrs']>((tf, { inputs: [x], outputs: [y], attrs }) =>
    tf.op('MaxPool', [padded(tf, x, attrs, Number.NEGATIVE_INFINITY)], y, poolAttributes(attrs)),
  ),
  MaxPoolGrad: lower<Convolution['attrs']>((tf, { inputs: [dy, x], attrs }) => {
    const image = padded(tf, x, attrs, Number.NEGATIVE_INFINITY);
    const output = tf.op('MaxPool', [image], dy, poolAttributes(attrs));
    const dx = tf.op('MaxPoolGrad', [image, output, tf.term(dy)], image, poolAttributes(attrs));
    return cut(tf, dx, attrs, x.shape);
  }),
  AvgPool: lower<Convolution['attrs']>((tf, { inputs: [x], outputs: [y], attrs }) => {
    const mean = tf.op('AvgPool', [padded(tf, x, attrs, 0)], y, poolAttributes(attrs));
    return isPadded(attrs)
      ? tf.op('RealDiv', [mean, covered(tf, x.shape, y.shape, attrs)], y)
      : mean;
  }),
  AvgPoolGrad: lower<Convolution['attrs']>((tf, { inputs: [dy], attrs }) => {
    const shape = paddedShape(attrs.inputShape, attrs);
    // TensorFlow.js divides by the whole window here, also where part of it lies on the padding.
    const dx = tf.op(
      'AvgPoolGrad',
      [tf.ints(shape), tf.term(dy)],
      { dtype: 'float32', shape },
      {
        T: { type: 'float32' },
        ...poolAttributes(attrs),
      },
    );
    return cut(tf, dx, attrs, attrs.inputShape);
  }),
};

function convolve(op: string): (tf: TfBuilder, node: Convolution) => Term {
  return (tf, { inputs: [x, filter], outputs: [y], attrs }) => {
    const given = [padded(tf, x, attrs, 0), tf.term(filter)];
    const shape = lastShape(y.shape, attrs);
    const result = tf.op(op, given, { dtype: 'float32', shape }, convolutionAttributes(attrs));
    return restored(tf, result, attrs);
  };
}

function convolutionAttributes({ strides, dilations }: WindowAttrs): TfAttributes {
  return {
    T: { type: 'float32' },
    strides: { ints: [1, ...strides, 1] },
    dilations: { ints: [1, ...dilations, 1] },
    padding: 'VALID',
    data_format: 'NHWC',
  };
}

function poolAttributes({ kernel, strides }: WindowAttrs): TfAttributes {
  return {
    ksize: { ints: [1, ...kernel, 1] },
    strides: { ints: [1, ...strides, 1] },
    padding: 'VALID',
    data_format: 'NHWC',
  };
}

const isPadded = ({ pads }: WindowAttrs): boolean => pads.some((size) => size > 0);

function lastShape([n, a, b, c]: readonly number[], attrs: WindowAttrs): number[] {
  return attrs.channelsLast ? [n, a, b, c] : [n, b, c, a];
}

function paddedShape([n, h, w, c]: readonly number[], { pads }: WindowAttrs): number[] {
  return [n, h + pads[0] + pads[2], w + pads[1] + pads[3], c];
}

function transposed(tf: TfBuilder, x: Term, perm: readonly number[]): Term {
  const shape = perm.map((axis) => x.shape[axis]);
  return tf.op(
    'Transpose',
    [x, tf.ints(perm)],
    { dtype: x.dtype, shape },
    { Tperm: { type: 'int32' } },
  );
}

const channelsLast = (tf: TfBuilder, x: Term, attrs: WindowAttrs): Term =>
  attrs.channelsLast ? x : transposed(tf, x, [0, 2, 3, 1]);

const restored = (tf: TfBuilder, x: Term, attrs: WindowAttrs): Term =>
  attrs.channelsLast ? x : transposed(tf, x, [0, 3, 1, 2]);

function padded(tf: TfBuilder, x: Value, attrs: WindowAttrs, value: number): Term {
  return surrounded(tf, channelsLast(tf, tf.cast(tf.term(x), 'float32'), attrs), attrs, value);
}

function surrounded(tf: TfBuilder, x: Term, attrs: WindowAttrs, value: number): Term {
  if (!isPadded(attrs)) return x;
  const [top, left, bottom, right] = attrs.pads;
  const paddings = tf.constant([0, 0, top, bottom, left, right, 0, 0], [4, 2], 'int32');
  const shape = paddedShape(x.shape, attrs);
  return tf.op(
    'PadV2',
    [x, paddings, tf.scalar(value)],
    { dtype: 'float32', shape },
    { Tpaddings: { type: 'int32' } },
  );
}

/** Removes the padding again. */
function cut(tf: TfBuilder, x: Term, attrs: WindowAttrs, shape: readonly number[]): Term {
  if (!isPadded(attrs)) return x;
  const begin = tf.ints([0, attrs.pads[0], attrs.pads[1], 0]);
  return tf.op(
    'Slice',
    [x, begin, tf.ints(shape)],
    { dtype: x.dtype, shape },
    { Index: { type: 'int32' } },
  );
}

/** The share of every window that lies on the image: TensorFlow.js averages over that part only. */
function covered(
  tf: TfBuilder,
  image: readonly number[],
  output: readonly number[],
  attrs: WindowAttrs,
): Term {
  const ones = tf.constant([1], image, 'float32');
  return tf.op(
    'AvgPool',
    [surrounded(tf, ones, attrs, 0)],
    { dtype: 'float32', shape: output },
    poolAttributes(attrs),
  );
}
