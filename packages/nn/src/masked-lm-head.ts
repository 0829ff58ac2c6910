// The head of a masked language model: dense, activation, LayerNorm, and a last layer with a logit for every token.
//
// The last layer's matrix is the word table, unless the config says `tieWordEmbeddings: false`.
//
// Shapes: N rows, H hidden, E embedding, V vocabulary.

import type * as tf from '@tensorflow/tfjs-core';
import { activation } from './activation.js';
import type { FamilyConfig } from './config-family.js';
import type { VocabularyHead } from './language-model.js';
import { layerNorm } from './layer-norm.js';
import { linearLayout, normLayout } from './layouts.js';
import { affine, linear } from './linear.js';
import { type Params, parameter } from './params.js';

/** Names of the parameters that the logits come from. */
export interface VocabularyLogitsNames {
  /** `[E, H]`, with a bias. */
  readonly dense: string;
  readonly norm: string;
  /** The last matrix, `[V, E]`. */
  readonly matrix: string;
  /** `[V]` */
  readonly bias: string;
}

export interface VocabularyLogitsOptions {
  /** A name of `activation`. */
  readonly hiddenAct: string;
  /** Of the LayerNorm. */
  readonly epsilon: number;
}

/** dense → activation → LayerNorm → last layer: `[N, H]` → `[N, V]`. Call inside `tf.tidy`. */
export function vocabularyLogits(
  params: Params,
  { dense, norm, matrix, bias }: VocabularyLogitsNames,
  { hiddenAct, epsilon }: VocabularyLogitsOptions,
  hidden: tf.Tensor2D,
): tf.Tensor2D {
  const bent = activation(hiddenAct, linear(params, dense, hidden));
  const normal = layerNorm(params, norm, bent, epsilon); // [N, E]
  return affine(normal, parameter(params, matrix), parameter(params, bias));
}

/** What differs between families. */
export interface MaskedLMHeadNames {
  readonly dense: string;
  readonly norm: string;
  /** The last layer: `<decoder>.weight` and `<decoder>.bias`. */
  readonly decoder: string;
  /** The bias where the matrix is the word table, if it has another name then. */
  readonly tiedBias?: string;
  /** With the body's prefix. */
  readonly wordTable: string;
}

interface MaskedLMConfig extends FamilyConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
}

/** @param settings E, and what the head computes with, for a config */
export function maskedLMHead<Config extends MaskedLMConfig>(
  names: MaskedLMHeadNames,
  settings: (config: Config) => VocabularyLogitsOptions & { readonly embeddingSize: number },
): VocabularyHead<Config> {
  const { dense, norm, decoder, wordTable } = names;
  const [weight, bias] = [`${decoder}.weight`, `${decoder}.bias`];
  const { tiedBias = bias } = names;
  const tied = { [weight]: wordTable, ...(tiedBias !== bias && { [bias]: tiedBias }) };
  const isTied = ({ tieWordEmbeddings = true }: Config): boolean => tieWordEmbeddings;
  return {
    tied: (config) => (isTied(config) ? tied : {}),
    // transformers before 5 kept one bias, under the first name, whatever the config said
    former: (config) => (isTied(config) || tiedBias === bias ? {} : { [tiedBias]: bias }),
    layout: (config) => {
      const { vocabSize: V, hiddenSize: H } = config;
      const { embeddingSize: E } = settings(config);
      return {
        ...(isTied(config) && { [tiedBias]: { shape: [V], init: 'zeros' } }),
        ...normLayout(norm, E),
        ...linearLayout(dense, H, E),
        ...(!isTied(config) && linearLayout(decoder, E, V)),
      };
    },
    predict: (params, config, hidden) => {
      const last = isTied(config)
        ? { matrix: wordTable, bias: tiedBias }
        : { matrix: weight, bias };
      return vocabularyLogits(params, { dense, norm, ...last }, settings(config), hidden);
    },
  };
}
