// What all runs of a task have in common: its examples, their batches, the loss, the optimizer, the schedule.

import {
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  finetuneTask,
  type GlueExample,
  type GlueTask,
  groupWidths,
  type Recipe,
  readSplit,
  type TaskSettings,
  validationSplits,
  widthCount,
  withSwappedPairs,
} from '@alectra/glue';
import { adamw, layerwiseDecay, type Optimizer, schedule } from '@alectra/optim';
import type { LoadedEncoder, TaskClassifier } from './classifier.js';
import type { EvaluateOptions } from './evaluate.js';
import type { TaskPlan } from './finetune-run.js';
import { heldOut, trainingShapes } from './held-out.js';
import { scoreSplits } from './task-scores.js';

export interface TaskExamples {
  readonly train: readonly GlueExample[];
  readonly validation: Readonly<Record<string, readonly GlueExample[]>>;
}

export async function readTask(
  {
    data,
    anySize,
    limitTrain,
    console,
  }: Pick<EvaluateOptions, 'data' | 'anySize' | 'limitTrain' | 'console'>,
  task: GlueTask,
): Promise<TaskExamples> {
  const dropped: string[] = [];
  const onDropped = ({ file, line }: { file: string; line: number }): void =>
    void dropped.push(`${file}:${line}`);
  const train = await readSplit(data, task, 'train', { anySize, onDropped });
  const validation: Record<string, GlueExample[]> = {};
  for (const split of validationSplits(task))
    validation[split] = await readSplit(data, task, split, { anySize, onDropped });
  if (dropped.length > 0)
    console.say(`${task.title}: left out ${dropped.length} broken rows, such as ${dropped[0]}`);
  return { train: limitTrain === undefined ? train : spread(train, limitTrain), validation };
}

/** `count` examples at equal distances, so that the same ones are taken for every model and seed. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
}

/** Everything of a task's runs that does not depend on the seed. */
export function planOf(
  options: EvaluateOptions,
  task: GlueTask,
  {
    loaded,
    settings,
    examples,
    classifier,
  }: {
    readonly loaded: LoadedEncoder;
    readonly settings: TaskSettings;
    readonly examples: TaskExamples;
    readonly classifier: TaskClassifier;
  },
): TaskPlan {
  const { recipe, engine, threads, precision } = options;
  const { batchSize, epochs, learningRate } = settings;
  const { isRegression } = task;
  const { maxPositionEmbeddings, padTokenId: padId } = loaded.config;
  const { scoreScale } = recipe;
  const maxLength = Math.min(recipe.maxLength, maxPositionEmbeddings);
  const encode = (given: readonly GlueExample[]): EncodedExample[] =>
    encodeExamples(loaded.tokenizer, given, { maxLength });
  const train = encode(
    recipe.swapPairs.includes(task.name) ? withSwappedPairs(examples.train) : examples.train,
  );
  const validation = Object.fromEntries(
    Object.entries(examples.validation).map(([split, given]) => [split, encode(given)]),
  );
  const perEpoch = Math.ceil(train.length / batchSize);
  const steps = Math.max(1, Math.round(perEpoch * epochs));
  const lengths = [train, ...Object.values(validation)].flat().map(({ ids }) => ids.length);
  const widths = chooseWidths(lengths, {
    ...{ most: widthCount(steps), multipleOf: 4, widest: maxPositionEmbeddings },
  });
  const groups = groupWidths(
    train.map(({ ids }) => ids.length),
    perEpoch,
    { widest: maxPositionEmbeddings },
  );
  const layout = { batchSize, groups, widths, padId, isRegression };
  const asked = { encoder: classifier.encoder, isRegression, scoreScale };
  const sets = heldOut(validation, {
    ...{ ...asked, ...layout },
    score: (predictions) => scoreSplits(task, examples.validation, predictions),
  });
  return {
    ...{ task: task.name, layout, train, heldOut: sets, steps },
    programOptions: {
      task: finetuneTask(asked),
      optimizer: optimizerOf(recipe, loaded),
      ...(recipe.maxGradientNorm > 0 && { maxGradientNorm: recipe.maxGradientNorm }),
      ...{ accumulation: 1, inputs: trainingShapes(layout) },
      evaluation: sets.evaluation,
      ...{ engine, precision },
      ...(threads > 0 && { threads }),
    },
    facts: { maxLength, scoreScale },
    schedule: schedule({
      shape: recipe.schedule,
      peakLearningRate: learningRate,
      warmupSteps: Math.floor(steps * recipe.warmup),
      totalSteps: steps,
    }),
    evaluateEvery: Math.max(1, Math.ceil(perEpoch / options.evaluationsPerEpoch)),
  };
}

function optimizerOf(recipe: Recipe, { layers }: LoadedEncoder): Optimizer {
  const { weightDecay, epsilon, biasCorrection, layerwiseDecay: decay } = recipe;
  return adamw({
    ...{ weightDecay, epsilon, biasCorrection },
    ...(decay < 1 && {
      learningRateScale: layerwiseDecay({ decay, layers, offByOne: recipe.layerwiseOffByOne }),
    }),
  });
}
