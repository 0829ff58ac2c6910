// The two networks of a recipe: configurations, pure functions, first weights.

import {
  type AlbertConfig,
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { type ElectraTask, electraTask, type TaskTokens } from '@alectra/electra-task';
import type { HostTensor } from '@alectra/nn';
import type { WordPieceTokenizer } from '@alectra/wordpiece';
import type { Recipe } from './recipe.js';

export interface Networks {
  readonly generatorConfig: AlbertConfig;
  readonly discriminatorConfig: AlbertConfig;
  readonly tokens: TaskTokens;
  readonly task: ElectraTask<HostTensor>;
}

/** The labels of the discriminator, as its config.json names them. */
export const LABELS = ['ORIGINAL', 'REPLACED'] as const;

/** Makes both networks with first weights drawn from the recipe's seed. */
export function makeNetworks(recipe: Recipe, tokenizer: WordPieceTokenizer): Networks {
  const tokens = taskTokens(tokenizer);
  const generatorConfig = networkConfig(recipe, 'generator', tokenizer);
  const discriminatorConfig = networkConfig(recipe, 'discriminator', tokenizer);
  const task = electraTask<HostTensor>({
    generator: albertMaskedLM(generatorConfig),
    discriminator: albertTokenClassifier(discriminatorConfig),
    generatorWeights: initAlbertForMaskedLM(generatorConfig, recipe.seed),
    discriminatorWeights: initAlbertForTokenClassification(discriminatorConfig, recipe.seed + 1),
    tokens,
    settings: recipe.task,
  });
  return { generatorConfig, discriminatorConfig, tokens, task };
}

export function taskTokens(tokenizer: WordPieceTokenizer): TaskTokens {
  const { clsToken, sepToken, maskToken } = tokenizer.config;
  const [cls, sep, mask] = [clsToken, sepToken, maskToken].map((token) => idOf(tokenizer, token));
  return {
    vocabSize: tokenizer.vocabSize,
    mask: mask as number,
    neverMasked: [cls as number, sep as number, mask as number],
  };
}

export function idOf(tokenizer: WordPieceTokenizer, token: string): number {
  const id = tokenizer.tokenToId(token);
  if (id === undefined)
    throw new RangeError(
      `pretrain: the vocabulary has no ${token}.\nUse a vocabulary with BERT's special tokens.`,
    );
  return id;
}

/** Trainable values of both networks, a shared tensor counted once. */
export function parameterCounts({ task }: Networks): {
  readonly generator: number;
  readonly discriminator: number;
  readonly together: number;
} {
  const count = (weights: Readonly<Record<string, HostTensor>>): number =>
    Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  return {
    generator: count(task.generatorParams(task.params)),
    discriminator: count(task.discriminatorParams(task.params)),
    together: count(task.params),
  };
}

function networkConfig(
  { model, ...recipe }: Recipe,
  network: 'generator' | 'discriminator',
  tokenizer: WordPieceTokenizer,
): AlbertConfig {
  const { padToken, clsToken, sepToken } = tokenizer.config;
  return albertConfig({
    ...model,
    ...recipe[network],
    vocabSize: tokenizer.vocabSize,
    classifierDropoutProb: model.hiddenDropoutProb,
    padTokenId: idOf(tokenizer, padToken),
    bosTokenId: idOf(tokenizer, clsToken),
    eosTokenId: idOf(tokenizer, sepToken),
    ...(network === 'discriminator' && {
      id2label: Object.fromEntries(LABELS.map((label, id) => [String(id), label])),
      label2id: Object.fromEntries(LABELS.map((label, id) => [label, id])),
    }),
  });
}
