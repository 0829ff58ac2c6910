// What the models return that no other family does.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary.

import type * as tf from '@tensorflow/tfjs-core';

export interface BertOutputs {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
  /** `[B, H]` */
  readonly poolerOutput: tf.Tensor2D;
}

export interface ElectraOutputs {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
}

export interface BertPreTrainingOutputs {
  /** `[B, S, V]` */
  readonly predictionLogits: tf.Tensor3D;
  /** `[B, 2]`: whether the second sentence follows the first (0) or not (1) */
  readonly seqRelationshipLogits: tf.Tensor2D;
}

export interface ReplacedTokenOutputs {
  /** `[B, S]`: above 0 means replaced */
  readonly logits: tf.Tensor2D;
}
