// Rows of a table by id.
//
// Forward is TensorFlow.js' `GatherV2`. Kernel: `EmbeddingGrad` {ids int32 [N], dy [N, E]} attrs {rows} → [rows, E],
// the sum of dy's rows at their ids, added in row order (so that the same inputs give the same bits).

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';

/**
 * Rows of `table` `[R, E]` at `ids` int32 `[N]`, as `[N, E]`; the caller disposes.
 *
 * @param paddingId a row that is looked up like any other but never learns, as PyTorch's `padding_idx`
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor1D, paddingId?: number): tf.Tensor2D {
  const attached = tf.customGrad((...args) => {
    const [rows, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    save([ids]);
    return {
      value: tf.gather(rows, ids),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const learned = paddingId === undefined ? dy : withoutRows(dy, saved[0], paddingId);
        return runFused('EmbeddingGrad', { ids: saved[0], dy: learned }, { rows: table.shape[0] });
      },
    };
  });
  return attached(table) as tf.Tensor2D; // gather keeps the rank of a matrix and a vector of ids
}

export const embeddingGradKernel: FusedKernel = {
  name: 'EmbeddingGrad',
  host: ({ inputs, attrs, backend }) => {
    const ids = hostValues<Int32Array>(backend, inputs.ids);
    const dy = hostValues(backend, inputs.dy);
    const rows = attrs.rows as number;
    const [, E] = inputs.dy.shape as number[];
    const sum = new Float32Array(rows * E);
    for (let n = 0; n < ids.length; n++) {
      const to = ids[n] * E;
      for (let e = 0; e < E; e++) sum[to + e] += dy[n * E + e];
    }
    return hostTensor(backend, sum, [rows, E]);
  },
  composed: ({ inputs, attrs }) =>
    tf.unsortedSegmentSum(
      inputs.dy as tf.Tensor2D,
      inputs.ids as tf.Tensor1D,
      attrs.rows as number,
    ),
};

/** `dy` with zeros in the rows of one id. */
function withoutRows(dy: tf.Tensor, ids: tf.Tensor, id: number): tf.Tensor {
  const others = tf.cast(tf.notEqual(ids, tf.scalar(id, 'int32')), 'float32');
  return tf.mul(dy, tf.expandDims(others, 1));
}
