// What the heads of several families return.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary, L labels.

import type * as tf from '@tensorflow/tfjs-core';

export interface HiddenStateOutputs {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
}

export interface PooledOutputs extends HiddenStateOutputs {
  /** `[B, H]` */
  readonly poolerOutput: tf.Tensor2D;
}

export interface MaskedLMOutputs {
  /** `[B, S, V]`: large; `logitsAt` of the generators computes chosen positions only. */
  readonly logits: tf.Tensor3D;
}

export interface TokenClassifierOutputs {
  /** `[B, S, L]` */
  readonly logits: tf.Tensor3D;
}

export interface SequenceClassifierOutputs {
  /** `[B, L]`; one label is a regression */
  readonly logits: tf.Tensor2D;
}

export interface QuestionAnsweringOutputs {
  /** `[B, S]` */
  readonly startLogits: tf.Tensor2D;
  /** `[B, S]` */
  readonly endLogits: tf.Tensor2D;
}
