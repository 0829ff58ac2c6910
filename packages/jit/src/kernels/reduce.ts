// Recording rules of reductions, scans and soft-max.

import * as tf from '@tensorflow/tfjs-core';
import { type GraphBuilder, type KernelRule, rule, type Value } from '../graph.js';
import type { DType } from '../host-tensor.js';

interface ReduceAttrs {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

export const REDUCE: Record<string, KernelRule> = {
  Sum: reduction('Sum', (x) => (x.dtype === 'bool' ? 'int32' : x.dtype)),
  Prod: reduction('Prod', (x) => (x.dtype === 'bool' ? 'int32' : x.dtype)),
  Mean: reduction('Mean', () => 'float32'),
  Max: reduction('Max', (x) => x.dtype),
  Min: reduction('Min', (x) => x.dtype),
  All: reduction('All', () => 'bool'),
  Any: reduction('Any', () => 'bool'),
  ArgMax: rule<{ axis: number }>(['x'], (graph, [x], attrs) =>
    argReduce(graph, 'ArgMax', x, attrs.axis),
  ),
  ArgMin: rule<{ axis: number }>(['x'], (graph, [x], attrs) =>
    argReduce(graph, 'ArgMin', x, attrs.axis),
  ),
  Cumsum: rule<ScanAttrs>(['x'], (graph, [x], attrs) => scan(graph, 'Cumsum', x, attrs)),
  Cumprod: rule<ScanAttrs>(['x'], (graph, [x], attrs) => scan(graph, 'Cumprod', x, attrs)),
  Softmax: rule<{ dim: number }>(['logits'], (graph, [x], { dim }) => {
    const axis = tf.util.parseAxisParam(dim ?? -1, [...x.shape])[0];
    return graph.node('Softmax', [float(graph, x)], { axis }, [
      { shape: x.shape, dtype: 'float32' },
    ]);
  }),
  LogSoftmax: rule<{ axis: number }>(['logits'], (graph, [x], attrs) => {
    const axis = tf.util.parseAxisParam(attrs.axis ?? -1, [...x.shape])[0];
    return graph.node('LogSoftmax', [float(graph, x)], { axis }, [
      { shape: x.shape, dtype: 'float32' },
    ]);
  }),
};

interface ScanAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function float(graph: GraphBuilder, x: Value): Value {
  return graph.call('Cast', [x], { dtype: 'float32' });
}

function reduction(op: string, dtypeOf: (x: Value) => DType): KernelRule {
  return rule<ReduceAttrs>(['x'], (graph, [x], { axis, reductionIndices, keepDims }) => {
    const dtype = dtypeOf(x);
    const given = graph.call('Cast', [x], { dtype });
    const asked = axis ?? reductionIndices ?? x.shape.map((_, index) => index);
    const axes = tf.util.parseAxisParam(asked, [...x.shape]).sort((a, b) => a - b);
    if (axes.length === 0) return given;
    const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size));
    const shape = keepDims ? kept : x.shape.filter((_, index) => !axes.includes(index));
    // Axes of length one need no arithmetic.
    if (axes.every((index) => x.shape[index] === 1)) {
      return graph.call('Reshape', [given], { shape });
    }
    const reduced = graph.call(
      'Reshape',
      graph.node(op, [given], { axes }, [{ shape: kept, dtype }]),
      { shape },
    );
    return reduced;
  });
}

function argReduce(graph: GraphBuilder, op: string, x: Value, asked: number): readonly Value[] {
  const axis = tf.util.parseAxisParam(asked, [...x.shape])[0] as number;
  const shape = x.shape.filter((_, index) => index !== axis);
  return graph.node(op, [x], { axis }, [{ shape, dtype: 'int32' }]);
}

function scan(graph: GraphBuilder, op: string, x: Value, attrs: ScanAttrs): readonly Value[] {
  const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0] as number;
  const { exclusive, reverse } = attrs;
  return graph.node(op, [x], { axis, exclusive: !!exclusive, reverse: !!reverse }, [
    { shape: x.shape, dtype: x.dtype === 'bool' ? 'int32' : x.dtype },
  ]);
}
