// The two networks of a recipe: configurations, pure functions, first weights.

import type { JsonObject } from '@alectra/checkpoint';
import { type ElectraTask, electraTask, type TaskTokens } from '@alectra/electra-task';
import type { HostTensor, InitOptions } from '@alectra/nn';
import type { WordPieceTokenizer } from '@alectra/wordpiece';
import { type Encode, families, type NetworkFields } from './families.js';
import type { Recipe } from './recipe.js';

export interface Networks {
  /** config.json of each network's export. */
  readonly generatorConfig: JsonObject;
  readonly discriminatorConfig: JsonObject;
  readonly tokens: TaskTokens;
  /** The discriminator's encoder, under its own names. */
  readonly encode: Encode;
  readonly task: ElectraTask<HostTensor>;
}

/** Makes both networks with first weights drawn from the recipe's seed. */
export function makeNetworks(recipe: Recipe, tokenizer: WordPieceTokenizer): Networks {
  const tokens = taskTokens(tokenizer);
  const family = families[recipe.model.family];
  const { linearInitializerRange: linearDeviation, positionInitializer: positions } = recipe.model;
  const start = (seed: number): InitOptions => ({ seed, linearDeviation, positions });
  const generator = family.generator(fieldsOf(recipe, 'generator', tokenizer), start(recipe.seed));
  const discriminator = family.discriminator(
    fieldsOf(recipe, 'discriminator', tokenizer),
    start(recipe.seed + 1),
  );
  const task = electraTask<HostTensor>({
    generator: generator.network,
    discriminator: discriminator.network,
    generatorWeights: generator.weights,
    discriminatorWeights: discriminator.weights,
    tokens,
    settings: recipe.task,
  });
  return {
    generatorConfig: generator.config,
    discriminatorConfig: discriminator.config,
    tokens,
    encode: discriminator.encode,
    task,
  };
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

function fieldsOf(
  {
    model: {
      family: _,
      linearInitializerRange: _linear,
      positionInitializer: _positions,
      tieWordEmbeddings,
      ...model
    },
    ...recipe
  }: Recipe,
  network: 'generator' | 'discriminator',
  tokenizer: WordPieceTokenizer,
): NetworkFields {
  const { padToken, clsToken, sepToken } = tokenizer.config;
  return {
    ...model,
    ...recipe[network],
    tieWordEmbeddings: network === 'generator' ? tieWordEmbeddings : undefined,
    vocabSize: tokenizer.vocabSize,
    padTokenId: idOf(tokenizer, padToken),
    bosTokenId: idOf(tokenizer, clsToken),
    eosTokenId: idOf(tokenizer, sepToken),
  };
}
