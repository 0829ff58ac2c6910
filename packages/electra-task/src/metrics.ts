// Sums and counts of one batch, so that they can be added over micro-batches and batches before any division.
//
// Definitions are those of google-research/electra (run_pretraining.py, metric_fn), on tokens that are not padding.
//
// Shapes: B batch, S sequence, N = B K slots, V vocabulary.

import * as tf from '@tensorflow/tfjs-core';

/** Names of the sums; each is a float32 scalar `[]` in the graph and a number outside. */
export const METRIC_NAMES = [
  /** Live slots. */
  'slots',
  /** Generator cross-entropy over live slots, in nats. */
  'generatorLoss',
  /** Live slots where the generator's first choice is the true token. */
  'generatorCorrect',
  /** Live slots where the sampled token is the true token. */
  'sampledCorrect',
  /** Tokens that are not padding, [CLS] and [SEP] included. */
  'tokens',
  /** Discriminator cross-entropy over these tokens, in nats. */
  'discriminatorLoss',
  /** Tokens labelled "replaced". */
  'replaced',
  /** Tokens that the discriminator calls replaced (logit above 0). */
  'calledReplaced',
  /** Tokens that are both. */
  'truePositives',
  /** Rows with at least one token. */
  'examples',
  /** Sum over rows of the row's mean discriminator loss: Google's evaluation average. */
  'discriminatorExampleLoss',
  /** Electric only: tokens whose cloze probability is trained. */
  'clozeTokens',
  /** Electric only: their cross-entropy, in nats; the generator's training loss there. */
  'clozeLoss',
] as const;

export type MetricName = (typeof METRIC_NAMES)[number];
export type MetricTensors = { readonly [name in MetricName]?: tf.Scalar };

export interface GeneratorOutcome {
  /** `[N, V]` */
  readonly logits: tf.Tensor2D;
  /** Weighted cross-entropy, `[N]`. */
  readonly loss: tf.Tensor1D;
  /** int32 `[N]` */
  readonly targets: tf.Tensor1D;
  /** `[N]`: 1 for live slots. */
  readonly weights: tf.Tensor1D;
}

type Sums<Names extends MetricName> = { readonly [name in Names]: tf.Scalar };

export function generatorSums({
  logits,
  loss,
  targets,
  weights,
}: GeneratorOutcome): Sums<'slots' | 'generatorLoss' | 'generatorCorrect'> {
  return tf.tidy(() => ({
    slots: tf.sum<tf.Scalar>(weights),
    generatorLoss: tf.sum<tf.Scalar>(loss),
    generatorCorrect: agreement(tf.argMax<tf.Tensor1D>(logits, 1), targets, weights),
  }));
}

export interface DiscriminatorOutcome {
  /** `[B, S]` */
  readonly logits: tf.Tensor2D;
  /** `[B, S]`: 1 for a replaced token. */
  readonly labels: tf.Tensor2D;
  /** `[B, S]`: 1 for a token, 0 for padding. */
  readonly weights: tf.Tensor2D;
  /** Weighted cross-entropy, `[B, S]`. */
  readonly loss: tf.Tensor2D;
}

export function discriminatorSums(
  outcome: DiscriminatorOutcome,
): Sums<
  | 'tokens'
  | 'discriminatorLoss'
  | 'replaced'
  | 'calledReplaced'
  | 'truePositives'
  | 'examples'
  | 'discriminatorExampleLoss'
> {
  const { logits, labels, weights, loss } = outcome;
  return tf.tidy(() => {
    const called = tf.mul(tf.cast(tf.greater(logits, 0), 'float32'), weights);
    const replaced = tf.mul(labels, weights);
    const rowTokens = tf.sum(weights, 1); // [B]
    const rowMeans = tf.div(tf.sum(loss, 1), tf.maximum(rowTokens, 1));
    return {
      tokens: tf.sum<tf.Scalar>(weights),
      discriminatorLoss: tf.sum<tf.Scalar>(loss),
      replaced: tf.sum<tf.Scalar>(replaced),
      calledReplaced: tf.sum<tf.Scalar>(called),
      truePositives: tf.sum<tf.Scalar>(tf.mul(called, labels)),
      examples: tf.sum<tf.Scalar>(tf.cast(tf.greater(rowTokens, 0), 'float32')),
      discriminatorExampleLoss: tf.sum<tf.Scalar>(rowMeans),
    };
  });
}

/** Sum of `weights` where two int32 tensors agree, all of one shape; `[]`. */
export function agreement<T extends tf.Tensor>(a: T, b: T, weights: T): tf.Scalar {
  return tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(tf.cast(tf.equal(a, b), 'float32'), weights)));
}
