// From a recipe and a run folder to a run that can be trained: vocabulary, shards, networks, trainer.

import { adamw, lamb, type Optimizer, schedule } from '@alectra/optim';
import type { ShardFolder } from '@alectra/owt-loader';
import { openTrainer, type RunPlan, type Trainer } from '@alectra/trainer';
import type { WordPieceTokenizer } from '@alectra/wordpiece';
import {
  heldOutBatches,
  prepareShards,
  prepareVocabulary,
  tokenInputs,
  trainingBatches,
} from './data.js';
import { type HeldOutEvaluation, heldOutEvaluation, trainingTask } from './electra-run.js';
import { makeNetworks, type Networks } from './networks.js';
import type { Recipe } from './recipe.js';
import type { TextSource } from './text-source.js';
import { readParameters, warmStart } from './warm-start.js';

export interface OpenRun {
  readonly tokenizer: WordPieceTokenizer;
  readonly shards: ShardFolder;
  readonly networks: Networks;
  readonly evaluation: HeldOutEvaluation;
  readonly trainer: Trainer;
}

export interface PrepareOptions {
  readonly folder: string;
  readonly recipe: Recipe;
  readonly text: TextSource;
  readonly resume: 'never' | 'auto' | 'exact';
  /** Told what is being done, one line each. */
  readonly say: (text: string) => void;
}

/** Prepares everything and compiles. Close the trainer in the end. */
export async function openRun({
  folder,
  recipe,
  text,
  resume,
  say,
}: PrepareOptions): Promise<OpenRun> {
  const tokenizer = await prepareVocabulary(folder, recipe, text);
  say(`vocabulary: ${tokenizer.vocabSize.toLocaleString('en-US')} word pieces`);
  const shards = await prepareShards(folder, recipe, text);
  const { splits } = shards.manifest;
  const rows = (name: 'train' | 'validation'): string =>
    (splits[name]?.rows ?? 0).toLocaleString('en-US');
  say(
    `examples of ${recipe.data.sequenceLength} tokens: ${rows('train')} to train on, ${rows('validation')} held out`,
  );
  const networks = makeNetworks(recipe, tokenizer);
  const { microSize, size } = recipe.batch;
  const inputs = tokenInputs(microSize, recipe.data.sequenceLength);
  const evaluation = heldOutEvaluation(networks, inputs, () => heldOutBatches(shards, recipe));
  const trainer = await openTrainer({
    folder,
    resume,
    task: trainingTask(networks),
    evaluation,
    inputs,
    source: trainingBatches(shards, recipe),
    tokensPerBatch: microSize * recipe.data.sequenceLength,
    parameters: () => firstParameters(networks, recipe.initFrom, say),
    optimizer: optimizerOf(recipe),
    ...(recipe.optimizer.maxGradientNorm > 0 && {
      maxGradientNorm: recipe.optimizer.maxGradientNorm,
    }),
    accumulation: size / microSize,
    seed: recipe.seed,
    engine: recipe.engine,
    ...(recipe.precision && { precision: recipe.precision }),
    ...(recipe.threads > 0 && { threads: recipe.threads }),
  });
  return { tokenizer, shards, networks, evaluation, trainer };
}

async function firstParameters(
  { task }: Networks,
  initFrom: string | undefined,
  say: PrepareOptions['say'],
): Promise<Networks['task']['params']> {
  if (initFrom === undefined) return task.params;
  const { parameters, fresh, unused } = warmStart(task.params, await readParameters(initFrom));
  const some = (names: readonly string[]): string =>
    names.length === 0
      ? 'none'
      : `${names.length} (${names.slice(0, 2).join(', ')}${names.length > 2 ? ', …' : ''})`;
  say(`weights from ${initFrom}; tensors made anew: ${some(fresh)}; left out: ${some(unused)}`);
  return parameters;
}

/** The plan of a recipe, without signal and listener. */
export function planOf(recipe: Recipe): RunPlan {
  const { intervals } = recipe;
  return {
    config: recipe,
    steps: recipe.schedule.steps,
    schedule: schedule({
      shape: recipe.schedule.shape,
      peakLearningRate: recipe.schedule.peakLearningRate,
      warmupSteps: recipe.schedule.warmupSteps,
      totalSteps: recipe.schedule.steps,
    }),
    logEvery: intervals.logSteps,
    evaluateEvery: intervals.evaluateSteps,
    checkpoint: {
      everySteps: intervals.checkpointSteps,
      everySeconds: intervals.checkpointSeconds,
      keepLast: intervals.keepLast,
      keepEvery: intervals.keepEverySteps,
      ...(intervals.keepBest !== '' && {
        best: {
          metric: intervals.keepBest,
          mode: intervals.keepBest.endsWith('Loss') ? 'min' : 'max',
        },
      }),
    },
  };
}

export function optimizerOf({ optimizer }: Recipe): Optimizer {
  const { name, flavour, biasCorrection, maxGradientNorm: _, ...common } = optimizer;
  return name === 'lamb' ? lamb({ ...common, flavour }) : adamw({ ...common, biasCorrection });
}
