// What pipelines ask of models. Any object of these shapes will do; `@alectra/albert` and `@alectra/bert` have them.
//
// Shapes: B batch, S sequence, K chosen positions, V vocabulary, L labels, H hidden.

import type { HostTensor } from '@alectra/jit';
import type * as tf from '@tensorflow/tfjs-core';

/** Parameters by name, as the model's function takes them. */
export type Params = Readonly<Record<string, tf.Tensor>>;

export interface TokenBatch {
  /** int32 `[B, S]` */
  readonly inputIds: tf.Tensor2D;
  /** int32 `[B, S]`: 1 for a token, 0 for padding */
  readonly attentionMask: tf.Tensor2D;
  /** int32 `[B, S]`: segment of each token */
  readonly tokenTypeIds: tf.Tensor2D;
}

/** The part of a model's configuration that answers depend on. */
export interface ModelConfig {
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  /** Names of labels by number; without them they are LABEL_0, LABEL_1, ... */
  readonly id2label?: Readonly<Record<string, string>>;
  /** 'regression' and 'multi_label_classification' change how logits become scores. */
  readonly problemType?: string;
}

/** What every model here has beside its function. */
export interface Weighted {
  readonly config: ModelConfig;
  /** Values are copied: the tensors may be disposed once the pipeline is made. */
  readonly params: Readonly<Record<string, tf.Tensor | HostTensor>>;
}

/** `{ ...model, ...albertMaskedLM(model.config) }` */
export interface MaskedLM extends Weighted {
  /** int32 positions `[B, K]` → `[B, K, V]` */
  logitsAt(params: Params, inputs: TokenBatch, positions: tf.Tensor2D): tf.Tensor3D;
}

/** `{ ...model, ...albertTokenClassifier(model.config) }` */
export interface ReplacedTokenModel extends Weighted {
  /** `[B, S]`, or `[B, S, 2]` with the second label for replaced tokens */
  tokenLogits(params: Params, inputs: TokenBatch): tf.Tensor2D | tf.Tensor3D;
}

/** `{ ...model, forward: AlbertForSequenceClassification.forward }`, and likewise for the other heads. */
export interface Network<Config extends ModelConfig, Outputs> extends Weighted {
  readonly config: Config;
  forward(params: Params, config: Config, inputs: TokenBatch): Outputs;
}

export interface SequenceLogits {
  /** `[B, L]` */
  readonly logits: tf.Tensor2D;
}

export interface TokenLogits {
  /** `[B, S, L]` */
  readonly logits: tf.Tensor3D;
}

export interface Features {
  /** `[B, S, H]` */
  readonly lastHiddenState: tf.Tensor3D;
}

/** The names of labels 0 to `count` - 1. */
export function labelsOf({ id2label = {} }: ModelConfig, count: number): string[] {
  return Array.from({ length: count }, (_, label) => id2label[label] ?? `LABEL_${label}`);
}
