// Recording rules of convolutions and pooling. Padding and sizes are resolved here, so that emitters only write them.

import * as tf from '@tensorflow/tfjs-core';
import { type GraphBuilder, type KernelRule, rule, type Value } from '../graph.js';
import { activate } from './linalg.js';

/** What an emitter needs to know of a window that slides over an image. */
export interface WindowAttrs {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly channelsLast: boolean;
}

type Rounding = 'floor' | 'round' | 'ceil';
interface ConvolutionAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: Rounding;
}
interface PoolAttrs {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: ConvolutionAttrs['pad'];
  readonly dimRoundingMode?: Rounding;
}
interface FusedAttrs extends ConvolutionAttrs {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

const FUSED_INPUTS = ['x', 'filter', 'bias?', 'preluActivationWeights?'];

export const CONVOLUTION: Record<string, KernelRule> = {
  Conv2D: rule<ConvolutionAttrs>(['x', 'filter'], (graph, [x, filter], attrs) =>
    convolve(graph, 'Conv2D', x, filter, attrs),
  ),
  DepthwiseConv2dNative: rule<ConvolutionAttrs>(['x', 'filter'], (graph, [x, filter], attrs) =>
    convolve(graph, 'DepthwiseConv2dNative', x, filter, attrs),
  ),
  FusedConv2D: rule<FusedAttrs>(FUSED_INPUTS, (graph, inputs, attrs) =>
    fused(graph, 'Conv2D', inputs, attrs),
  ),
  FusedDepthwiseConv2D: rule<FusedAttrs>(FUSED_INPUTS, (graph, inputs, attrs) =>
    fused(graph, 'DepthwiseConv2dNative', inputs, attrs),
  ),
  Conv2DBackpropInput: rule<ConvolutionAttrs & { inputShape: number[] }>(
    ['dy', 'filter'],
    (graph, [dy, filter], attrs) => {
      const { window } = convolution(attrs.inputShape, filter.shape, attrs, false);
      return graph.node(
        'Conv2DBackpropInput',
        [dy, filter],
        { ...window, inputShape: attrs.inputShape },
        [{ shape: attrs.inputShape, dtype: 'float32' }],
      );
    },
  ),
  Conv2DBackpropFilter: rule<ConvolutionAttrs & { filterShape: number[] }>(
    ['x', 'dy'],
    (graph, [x, dy], attrs) => {
      const { window } = convolution(x.shape, attrs.filterShape, attrs, false);
      return graph.node('Conv2DBackpropFilter', [x, dy], { ...window }, [
        { shape: attrs.filterShape, dtype: 'float32' },
      ]);
    },
  ),
  MaxPool: rule<PoolAttrs>(['x'], (graph, [x], attrs) => pool(graph, 'MaxPool', x, attrs)),
  AvgPool: rule<PoolAttrs>(['x'], (graph, [x], attrs) => pool(graph, 'AvgPool', x, attrs)),
  MaxPoolGrad: rule<PoolAttrs>(['dy', 'input', 'output'], (graph, [dy, x], attrs) =>
    graph.node('MaxPoolGrad', [dy, x], { ...pooling(x, attrs).window }, [x]),
  ),
  AvgPoolGrad: rule<PoolAttrs>(['dy', 'input'], (graph, [dy, x], attrs) =>
    graph.node('AvgPoolGrad', [dy], { ...pooling(x, attrs).window, inputShape: x.shape }, [x]),
  ),
};

interface Resolved {
  readonly window: WindowAttrs;
  readonly shape: number[];
}

function resolved(info: tf.backend_util.Conv2DInfo): Resolved {
  const { top, left, bottom, right } = info.padInfo;
  // Sizes rounded up mean a last window that hangs over: padding behind makes room for it.
  const behind = (
    windows: number,
    stride: number,
    extent: number,
    size: number,
    before: number,
  ): number => (windows - 1) * stride + extent - size - before;
  const below = behind(
    info.outHeight,
    info.strideHeight,
    info.effectiveFilterHeight,
    info.inHeight,
    top,
  );
  const beside = behind(
    info.outWidth,
    info.strideWidth,
    info.effectiveFilterWidth,
    info.inWidth,
    left,
  );
  return {
    window: {
      kernel: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: [top, left, Math.max(bottom, below), Math.max(right, beside)],
      channelsLast: info.dataFormat === 'channelsLast',
    },
    shape: info.outShape,
  };
}

type Four = [number, number, number, number];

function convolution(
  input: readonly number[],
  filter: readonly number[],
  { strides, dilations, pad, dimRoundingMode, dataFormat = 'NHWC' }: ConvolutionAttrs,
  depthwise: boolean,
): Resolved {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  return resolved(
    tf.backend_util.computeConv2DInfo(
      [...input] as Four,
      [...filter] as Four,
      strides,
      dilations ?? 1, // null is possible too
      pad,
      dimRoundingMode,
      depthwise,
      format,
    ),
  );
}

function convolve(
  graph: GraphBuilder,
  op: string,
  x: Value,
  filter: Value,
  attrs: ConvolutionAttrs,
): Value {
  const { window, shape } = convolution(x.shape, filter.shape, attrs, op !== 'Conv2D');
  return graph.node(op, [x, filter], { ...window }, [{ shape, dtype: 'float32' }])[0];
}

function fused(
  graph: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  attrs: FusedAttrs,
): Value {
  const [x, filter, bias, prelu] = inputs as [Value, Value, Value | undefined, Value | undefined];
  const product = convolve(graph, op, x, filter, attrs);
  const perChannel = (value: Value): Value =>
    attrs.dataFormat === 'NCHW' && value.shape.length === 1 && value.shape[0] !== 1
      ? graph.call('Reshape', [value], { shape: [value.shape[0], 1, 1] })
      : value;
  const sum = bias ? graph.call('Add', [product, perChannel(bias)]) : product;
  return activate(graph, sum, attrs, prelu && perChannel(prelu));
}

function pooling(x: Value, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Resolved {
  return resolved(
    tf.backend_util.computePool2DInfo(
      [...x.shape] as Four,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    ),
  );
}

function pool(graph: GraphBuilder, op: string, x: Value, attrs: PoolAttrs): Value {
  const { window, shape } = pooling(x, attrs);
  if (window.kernel[0] === 1 && window.kernel[1] === 1 && tf.util.arraysEqual([...x.shape], shape))
    return x;
  return graph.node(op, [x], { ...window }, [{ shape, dtype: x.dtype }])[0];
}
