// Recording rules of kernels that address by index: gathers, scatters, one-hot, top-k; and random bits.

import * as tf from '@tensorflow/tfjs-core';
import { type GraphBuilder, type KernelRule, rule, type Value } from '../graph.js';
import type { DType } from '../host-tensor.js';

export const INDEXING: Record<string, KernelRule> = {
  GatherV2: rule<{ axis: number; batchDims?: number }>(['x', 'indices'], gather),
  GatherNd: rule(['params', 'indices'], (graph, [params, indices]) => {
    const like = ({ shape, dtype }: Value): tf.Tensor =>
      ({ shape: [...shape], dtype, rank: shape.length }) as tf.Tensor; // no values are read
    tf.gather_util.prepareAndValidate(like(params), like(indices));
    const depth = indices.shape.at(-1) as number;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return graph.node('GatherNd', [params, indices], {}, [{ shape, dtype: params.dtype }]);
  }),
  ScatterNd: rule<{ shape: number[] }>(['indices', 'updates'], (graph, inputs, { shape }) =>
    graph.node('ScatterNd', inputs, { shape }, [{ shape, dtype: (inputs[1] as Value).dtype }]),
  ),
  TensorScatterUpdate: rule(['tensor', 'indices', 'updates'], (graph, inputs) =>
    graph.node('TensorScatterUpdate', inputs, {}, [inputs[0]]),
  ),
  UnsortedSegmentSum: rule<{ numSegments: number }>(
    ['x', 'segmentIds'],
    (graph, [x, ids], { numSegments }) => {
      const shape = [numSegments, ...x.shape.slice(ids.shape.length)];
      return graph.node('UnsortedSegmentSum', [x, ids], { numSegments }, [
        { shape, dtype: x.dtype },
      ]);
    },
  ),
  EmbeddingGrad: rule<{ rows: number }>(['ids', 'dy'], (graph, [ids, dy], { rows }) =>
    graph.call('UnsortedSegmentSum', [dy, ids], { numSegments: rows }),
  ),
  OneHot: rule<{ depth: number; onValue: number; offValue: number; dtype?: DType }>(
    ['indices'],
    (graph, [indices], { depth, onValue, offValue, dtype = 'float32' }) =>
      graph.node('OneHot', [indices], { depth, onValue, offValue }, [
        { shape: [...indices.shape, depth], dtype },
      ]),
  ),
  TopK: rule<{ k: number; sorted: boolean }>(
    ['x'],
    (graph, [x], { k, sorted }) => {
      const shape = [...x.shape.slice(0, -1), k];
      return graph.node('TopK', [x], { k, sorted }, [
        { shape, dtype: x.dtype },
        { shape, dtype: 'int32' },
      ]);
    },
    { many: true },
  ),
  RandomBits: rule<{ shape: number[]; stream: number }>(
    ['seed', 'counter'],
    (graph, inputs, { shape, stream }) =>
      graph.node('RandomBits', inputs, { shape, stream }, [{ shape, dtype: 'int32' }]),
  ),
};

function gather(
  graph: GraphBuilder,
  [x, indices]: readonly Value[],
  attrs: { axis: number; batchDims?: number },
): readonly Value[] {
  const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0];
  const given = attrs.batchDims ?? 0;
  const like = ({ shape }: Value): tf.Tensor => ({ shape: [...shape] }) as tf.Tensor; // only shapes are read
  const { collectGatherOpShapeInfo } = tf.backend_util.segment_util;
  collectGatherOpShapeInfo(like(x), like(indices), axis, given);
  const batchDims = given < 0 ? indices.shape.length + given : given;
  const shape = [
    ...x.shape.slice(0, axis),
    ...indices.shape.slice(batchDims),
    ...x.shape.slice(axis + 1),
  ];
  return graph.node('GatherV2', [x, indices], { axis, batchDims }, [{ shape, dtype: x.dtype }]);
}
