// A language model: a body and a map of its hidden states to the vocabulary, at all positions or at chosen ones.
//
// Shapes: B batch, S sequence, H hidden, V vocabulary, K chosen positions.

import * as tf from '@tensorflow/tfjs-core';
import type { ParameterLayout } from './initialize.js';
import type { ModelBody } from './model-body.js';
import type { ModelDefinition, OtherNames } from './model-class.js';
import type { MaskedLMOutputs } from './model-outputs.js';
import type { CallOptions, Params, TokenBatch } from './params.js';
import { rowsAt, toSequences } from './sequence-rows.js';

/** From hidden states to the vocabulary. Its last matrix is the word table, which is the body's, or one of its own. */
export interface VocabularyHead<Config> {
  /** As in `ModelDefinition`. */
  readonly tied: OtherNames<Config>;
  readonly former?: OtherNames<Config>;
  /** Its own parameters. */
  readonly layout: (config: Config) => ParameterLayout;
  /** `[N, H]` → `[N, V]`; called within a `tf.tidy`. */
  readonly predict: (params: Params, config: Config, hidden: tf.Tensor2D) => tf.Tensor2D;
}

/** The class of that name: logits at all positions, `[B, S, V]`. */
export function languageModel<Config>(
  architecture: string,
  { prefix, layout, encode }: ModelBody<Config>,
  head: VocabularyHead<Config>,
): ModelDefinition<Config, MaskedLMOutputs> {
  return {
    architecture,
    prefix,
    tied: head.tied,
    former: head.former,
    layout: (config) => ({ ...layout(config, `${prefix}.`), ...head.layout(config) }),
    forward: (params, config, batch, options) =>
      tf.tidy(() => {
        const hidden = encode(params, config, `${prefix}.`, batch, options);
        return { logits: toSequences(head.predict(params, config, hidden), batch) };
      }),
  };
}

/**
 * Vocabulary logits at chosen positions only: hidden states are gathered before the large product.
 *
 * @param positions int32 `[B, K]`, each from 0 to S - 1
 * @returns `[B, K, V]`; the caller disposes
 */
export type LogitsAt<Config> = (
  params: Params,
  config: Config,
  batch: TokenBatch,
  positions: tf.Tensor2D,
  options?: CallOptions,
) => tf.Tensor3D;

/** The same model at chosen positions. */
export function logitsAtPositions<Config>(
  { prefix, encode }: ModelBody<Config>,
  head: VocabularyHead<Config>,
): LogitsAt<Config> {
  return (params, config, batch, positions, options) => {
    const [B, K] = positions.shape;
    return tf.tidy(() => {
      const hidden = encode(params, config, `${prefix}.`, batch, options);
      const logits = head.predict(params, config, rowsAt(hidden, batch, positions)); // [B K, V]
      return tf.reshape(logits, [B, K, logits.shape[1]]);
    });
  };
}
