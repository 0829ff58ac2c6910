// The same values, with no way back for gradients.

import * as tf from '@tensorflow/tfjs-core';

/** `x` as a constant of the gradient tape: shares x's data, copies nothing. The caller disposes it like any tensor. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  // A tensor made outside any kernel is not on the tape; the backend counts one more owner of the data.
  const engine = tf.engine();
  engine.backend.incRef(x.dataId);
  return engine.makeTensorFromTensorInfo({
    dataId: x.dataId,
    shape: x.shape,
    dtype: x.dtype,
  }) as T;
}
