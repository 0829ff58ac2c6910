// Fine-tunes a model on tasks, one run for each task and seed, and gathers the results.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PretrainedOptions } from '@alectra/checkpoint';
import {
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  GlueError,
  type GlueExample,
  type GlueTask,
  glueTasks,
  type Recipe,
  readSplit,
  type TaskName,
  type TaskSettings,
  taskSettings,
  validationSplits,
  widthCount,
  withSwappedPairs,
} from '@alectra/glue';
import type { EngineName } from '@alectra/jit';
import { adamw, layerwiseDecay, schedule } from '@alectra/optim';
import {
  classifierFor,
  type LoadedEncoder,
  loadEncoder,
  type TaskClassifier,
} from './classifier.js';
import type { Console } from './console.js';
import { errorsOf } from './explain-errors.js';
import { finetuneRun } from './finetune-run.js';
import { claimFolder, type RunResult, readResult } from './run-store.js';
import { freshState, openSession, type Session } from './session.js';
import { scoreSplits } from './task-scores.js';
import { UsageError } from './usage-error.js';

export interface EvaluateOptions {
  /** Folder or name on the hub. */
  readonly model: string;
  readonly source: PretrainedOptions;
  /** Folder of GLUE. */
  readonly data: string;
  /** Accepts splits of another size than the official ones. */
  readonly anySize: boolean;
  /** Where the runs go. */
  readonly out: string;
  readonly tasks: readonly TaskName[];
  readonly seeds: readonly number[];
  readonly recipe: Recipe;
  /** Values in place of the recipe's, for every task. */
  readonly settings: Partial<TaskSettings>;
  /** Random weights of the same configuration: the baseline. */
  readonly fromScratch: boolean;
  /** Most training examples, taken at equal distances; undefined for all. */
  readonly limitTrain?: number;
  readonly evaluationsPerEpoch: number;
  readonly keep: 'last' | 'best';
  readonly engine: EngineName | 'auto';
  /** 0 leaves it to the engine. */
  readonly threads: number;
  /** Between two checkpoints of a run. */
  readonly checkpointSeconds: number;
  readonly signal: AbortSignal;
  readonly console: Console;
}

/** Results by task, or `interrupted` with those that are there. */
export interface EvaluateResult {
  readonly status: 'finished' | 'interrupted';
  readonly runs: Partial<Record<TaskName, readonly RunResult[]>>;
}

/** Runs what has no result yet. */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const { console, model, source, fromScratch } = options;
  const loaded = await loadEncoder(model, source);
  if (loaded.missing.length > 0 && !fromScratch)
    console.say(`${model} has no ${loaded.missing.join(', ')}: drawn anew for each seed`);
  const unused = loaded.config.vocabSize - loaded.tokenizer.vocabSize;
  if (unused > 0)
    console.say(
      `${model} has ${unused} more embeddings than its tokenizer has tokens: right if they are padding, ` +
        'wrong if the tokenizer is of another model',
    );
  const runs: Partial<Record<TaskName, readonly RunResult[]>> = {};
  for (const name of inOrder(options.tasks, options.recipe)) {
    const results = await evaluateTask(options, glueTasks[name], loaded);
    runs[name] = results;
    if (options.signal.aborted) return { status: 'interrupted', runs };
  }
  return { status: 'finished', runs };
}

/** Tasks that others start from come first. */
function inOrder(tasks: readonly TaskName[], { startFrom }: Recipe): TaskName[] {
  const sources = tasks.filter((task) => Object.values(startFrom).includes(task));
  return [...sources, ...tasks.filter((task) => !sources.includes(task))];
}

async function evaluateTask(
  options: EvaluateOptions,
  task: GlueTask,
  base: LoadedEncoder,
): Promise<RunResult[]> {
  const { recipe, console, seeds, signal } = options;
  const settings = { ...taskSettings(recipe, task.name), ...options.settings };
  const loaded = await startingPoint(options, task, base);
  const config = (seed: number) => runConfig(options, task, loaded, settings, seed);
  const folder = (seed: number): string => join(options.out, task.title, `seed-${seed}`);

  const results: RunResult[] = [];
  const missing: number[] = [];
  for (const seed of seeds) {
    const done = await readResult(folder(seed));
    if (!done) missing.push(seed);
    else {
      await claimFolder(folder(seed), config(seed));
      console.say(`${task.title} seed ${seed}: ${figure(done)}, as found in ${folder(seed)}`);
      results.push(done);
    }
  }
  if (missing.length === 0) return results;

  const examples = await readTask(options, task);
  const plan = planOf(options, task, loaded, settings, examples);
  const classifier = classifierFor(loaded, task, recipe.head);
  let session: Session | undefined;
  try {
    for (const seed of missing) {
      const initial = () => classifier.initial({ seed, fromScratch: options.fromScratch });
      session ??= await plan.open(classifier, initial);
      const result = await finetuneRun({
        ...{ folder: folder(seed), config: config(seed), task: task.name, seed, session, initial },
        ...{ signal, keep: options.keep, checkpointSeconds: options.checkpointSeconds },
        ...plan.run,
        saveModel: classifier.save,
        score: (predictions) => scoreSplits(task, examples.validation, predictions),
        explain: (predictions) => errorsOf(task, examples.validation, predictions),
        onStep: (progress) =>
          console.step(`${task.title} seed ${seed}  loss ${progress.loss.toFixed(3)}`, progress),
        onEvaluation: ({ step, score }) =>
          console.say(
            `${task.title} seed ${seed}, step ${step} of ${plan.run.steps}: ${score?.toFixed(1) ?? 'undefined'}`,
          ),
      });
      if (!result) return results;
      results.push(result);
    }
  } finally {
    session?.dispose();
  }
  return results.sort((a, b) => a.seed - b.seed);
}

const figure = ({ kept }: RunResult): string => kept.score?.toFixed(1) ?? 'undefined';

interface TaskExamples {
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

/** The encoder that a task starts from: the model's, or one that was tuned on another task. */
async function startingPoint(
  { recipe, out, seeds, source, fromScratch }: EvaluateOptions,
  task: GlueTask,
  base: LoadedEncoder,
): Promise<LoadedEncoder> {
  const from = fromScratch ? undefined : recipe.startFrom[task.name];
  if (from === undefined) return base;
  const run = join(out, glueTasks[from].title, `seed-${seeds[0]}`);
  if (await readResult(run)) return loadEncoder(join(run, 'model'), source);
  throw new UsageError(
    `evaluate: ${task.title} starts from ${glueTasks[from].title} in the recipe "${recipe.name}": found no finished run in ${run}.\n` +
      `Add ${glueTasks[from].title} to --tasks, or start from the model itself with --no-intermediate.`,
  );
}

/** What two results must have in common to stand in one table. Engine and threads change bits, not what a run is. */
function runConfig(
  options: EvaluateOptions,
  task: GlueTask,
  loaded: LoadedEncoder,
  settings: TaskSettings,
  seed: number,
): Record<string, string | number | boolean | null | Record<string, number | string | boolean>> {
  const { recipe, fromScratch, limitTrain, keep, evaluationsPerEpoch } = options;
  const { tasks: _, source: __, swapPairs, startFrom, ...rules } = recipe;
  return {
    ...{ task: task.name, seed, fromScratch, keep, evaluationsPerEpoch },
    model: fromScratch ? 'random weights' : digest(loaded),
    architecture: JSON.stringify(loaded.config),
    recipe: { ...rules, ...settings },
    swapPairs: swapPairs.includes(task.name),
    startFrom: (fromScratch ? undefined : startFrom[task.name]) ?? null,
    limitTrain: limitTrain ?? null,
  };
}

function digest({ body }: LoadedEncoder): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(body).sort()) hash.update(name).update(body[name].data);
  return `sha256:${hash.digest('hex')}`;
}

/** Everything of a task's runs that does not depend on the seed. */
function planOf(
  options: EvaluateOptions,
  task: GlueTask,
  loaded: LoadedEncoder,
  { batchSize, epochs, learningRate }: TaskSettings,
  examples: TaskExamples,
) {
  const { recipe, engine, threads } = options;
  const maxLength = Math.min(recipe.maxLength, loaded.config.maxPositionEmbeddings);
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
    ...{ most: widthCount(steps), multipleOf: 4 },
    widest: loaded.config.maxPositionEmbeddings,
  });
  return {
    open: (classifier: TaskClassifier, initial: () => ReturnType<TaskClassifier['initial']>) =>
      openSession(
        {
          encoder: classifier.encoder,
          isRegression: task.isRegression,
          scoreScale: recipe.scoreScale,
          optimizer: adamw({
            weightDecay: recipe.weightDecay,
            epsilon: recipe.epsilon,
            biasCorrection: recipe.biasCorrection,
            ...(recipe.layerwiseDecay < 1 && {
              learningRateScale: layerwiseDecay({
                decay: recipe.layerwiseDecay,
                layers: loaded.layers,
                offByOne: recipe.layerwiseOffByOne,
              }),
            }),
          }),
          maxGradientNorm: recipe.maxGradientNorm,
          ...{ batchSize, engine, threads, padId: loaded.config.padTokenId },
        },
        freshState(initial()),
        widths[0],
      ),
    run: {
      ...{ train, validation, batchSize, widths, steps },
      plan: { maxLength, scoreScale: recipe.scoreScale },
      schedule: schedule({
        shape: recipe.schedule,
        peakLearningRate: learningRate,
        warmupSteps: Math.floor(steps * recipe.warmup),
        totalSteps: steps,
      }),
      evaluateEvery: Math.max(1, Math.ceil(perEpoch / options.evaluationsPerEpoch)),
    },
  };
}

/** Tasks with a training set whose data is there. */
export async function availableTasks(data: string): Promise<TaskName[]> {
  const found: TaskName[] = [];
  for (const task of Object.values(glueTasks)) {
    const [split] = validationSplits(task);
    if (split === undefined) continue;
    try {
      await readSplit(data, task, split, { anySize: true });
      found.push(task.name);
    } catch (error) {
      if (!(error instanceof GlueError && error.code === 'missing')) throw error;
    }
  }
  return found;
}
