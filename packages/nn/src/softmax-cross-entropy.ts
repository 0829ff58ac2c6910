// Cross-entropy of integer labels under a softmax, one loss per row.
//
// Kernels: `SoftmaxCrossEntropy` {logits [N, V], labels int32 [N]} → [loss [N], logSumExp [N]];
// `SoftmaxCrossEntropyGrad` {logits, labels, logSumExp, dy [N]} → dlogits [N, V].
// Labels lie in 0..V-1: a row that should not count gets any label and weight 0 outside.

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';

const { exp, log, max } = Math;

/**
 * -ln softmax(logits)[label] of every row: `[N, V]`, int32 `[N]` → `[N]`; the caller disposes.
 *
 * @throws RangeError for labels that are not one int32 for each row and, on `cpu`, for labels outside 0..V-1
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (labels.dtype !== 'int32' || labels.rank !== 1 || labels.size !== logits.shape[0]) {
    throw new RangeError(
      `nn: cannot take the cross-entropy of ${labels.dtype} [${labels.shape.join(', ')}] labels: ` +
        `expected int32 [${logits.shape[0]}], one for each row of [${logits.shape.join(', ')}] logits.\n` +
        'Flatten both in the same order.',
    );
  }
  const [loss, logSumExp] = runFused<tf.Tensor1D[]>('SoftmaxCrossEntropy', { logits, labels });
  logSumExp.dispose();
  return loss;
}

export const softmaxCrossEntropyGradient: tf.GradConfig = {
  kernelName: 'SoftmaxCrossEntropy',
  inputsToSave: ['logits', 'labels'],
  outputsToSave: [false, true],
  gradFunc: (dys, [logits, labels, logSumExp]) => {
    const dy = (dys as tf.Tensor[])[0];
    return {
      logits: () => runFused('SoftmaxCrossEntropyGrad', { logits, labels, logSumExp, dy }),
      labels: () => tf.zeros(labels.shape), // integers have none, but the tape asks for a tensor
    };
  },
};

export const softmaxCrossEntropyKernel: FusedKernel = {
  name: 'SoftmaxCrossEntropy',
  host: ({ inputs, backend }) => {
    const logits = hostValues(backend, inputs.logits);
    const labels = hostValues<Int32Array>(backend, inputs.labels);
    const [N, V] = inputs.logits.shape as number[];
    const loss = new Float32Array(N);
    const logSumExp = new Float32Array(N);
    for (let n = 0; n < N; n++) {
      if (!(labels[n] >= 0 && labels[n] < V)) throw badLabel(labels[n], V);
      const start = n * V;
      let largest = Number.NEGATIVE_INFINITY;
      for (let v = 0; v < V; v++) largest = max(largest, logits[start + v]);
      let sum = 0;
      for (let v = 0; v < V; v++) sum += exp(logits[start + v] - largest);
      const total = largest + log(sum);
      logSumExp[n] = total;
      loss[n] = total - logits[start + labels[n]];
    }
    return [hostTensor(backend, loss, [N]), hostTensor(backend, logSumExp, [N])];
  },
  composed: ({ inputs }) =>
    tf.tidy(() => {
      const logits = inputs.logits as tf.Tensor2D;
      const chosen = tf.sum(tf.mul(logits, labelRows(inputs)), -1);
      const logSumExp = tf.logSumExp(logits, -1);
      return [tf.sub(logSumExp, chosen), logSumExp];
    }),
};

export const softmaxCrossEntropyGradKernel: FusedKernel = {
  name: 'SoftmaxCrossEntropyGrad',
  host: ({ inputs, backend }) => {
    const logits = hostValues(backend, inputs.logits);
    const labels = hostValues<Int32Array>(backend, inputs.labels);
    const logSumExp = hostValues(backend, inputs.logSumExp);
    const dy = hostValues(backend, inputs.dy);
    const [N, V] = inputs.logits.shape as number[];
    const dlogits = new Float32Array(logits.length);
    for (let n = 0; n < N; n++) {
      const start = n * V;
      if (dy[n] === 0) continue;
      for (let v = 0; v < V; v++)
        dlogits[start + v] = dy[n] * exp(logits[start + v] - logSumExp[n]);
      dlogits[start + labels[n]] -= dy[n];
    }
    return hostTensor(backend, dlogits, inputs.logits.shape);
  },
  composed: ({ inputs }) =>
    tf.tidy(() => {
      const logSumExp = tf.expandDims(inputs.logSumExp, 1);
      const probabilities = tf.exp(tf.sub(inputs.logits, logSumExp));
      return tf.mul(tf.sub(probabilities, labelRows(inputs)), tf.expandDims(inputs.dy, 1));
    }),
};

/** One-hot labels, `[N, V]` float32. */
function labelRows(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  const [, V] = inputs.logits.shape as number[];
  return tf.cast(tf.oneHot(inputs.labels as tf.Tensor1D, V), 'float32');
}

function badLabel(label: number, labels: number): RangeError {
  return new RangeError(
    `nn: cannot take the cross-entropy of label ${label}: expected 0 to ${labels - 1}.\n` +
      'Give rows that should not count any of these, and weight 0 to their loss.',
  );
}
