// Fine-tunes a model on tasks, one run for each task and seed, and gathers the results.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PretrainedOptions } from '@alectra/checkpoint';
import {
  GlueError,
  type GlueTask,
  glueTasks,
  type Recipe,
  readSplit,
  type TaskName,
  type TaskSettings,
  taskSettings,
  validationSplits,
} from '@alectra/glue';
import type { EngineName, Precision } from '@alectra/jit';
import { compilePrograms, type Programs, type RunEvent } from '@alectra/trainer';
import { classifierFor, type LoadedEncoder, loadEncoder } from './classifier.js';
import type { Console } from './console.js';
import { errorsOf } from './explain-errors.js';
import { finetuneRun } from './finetune-run.js';
import { type RunResult, readResult, refuseOtherRun, removeCheckpoints } from './run-store.js';
import { planOf, readTask } from './task-plan.js';
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
  /** Of matrix products in fine-tuning; bf16 needs engine tensorflow. */
  readonly precision: Precision;
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
      await refuseOtherRun(folder(seed), config(seed));
      await removeCheckpoints(folder(seed));
      console.say(`${task.title} seed ${seed}: ${figure(done)}, as found in ${folder(seed)}`);
      results.push(done);
    }
  }
  if (missing.length === 0) return results;

  const examples = await readTask(options, task);
  const classifier = classifierFor(loaded, task, recipe.head);
  const plan = planOf(options, task, { loaded, settings, examples, classifier });
  let programs: Programs | undefined; // one for all seeds: compiling takes longer than many steps
  try {
    for (const seed of missing) {
      const initial = () => classifier.initial({ seed, fromScratch: options.fromScratch });
      programs ??= await compilePrograms(plan.programOptions, { parameters: initial() });
      const result = await finetuneRun({
        ...{ folder: folder(seed), config: config(seed), plan, programs, seed, initial },
        ...{ signal, keep: options.keep, checkpointSeconds: options.checkpointSeconds },
        saveModel: classifier.save,
        explain: (predictions) => errorsOf(task, examples.validation, predictions),
        onEvent: (event) => tell(console, `${task.title} seed ${seed}`, event),
      });
      if (!result) return results;
      results.push(result);
    }
  } finally {
    programs?.dispose();
  }
  return results.sort((a, b) => a.seed - b.seed);
}

const shown = (score: number): string => (Number.isNaN(score) ? 'undefined' : score.toFixed(1));

const figure = ({ kept }: RunResult): string => shown(kept.score ?? Number.NaN);

function tell(console: Console, run: string, event: RunEvent): void {
  if (event.kind === 'step') console.step(`${run}  loss ${event.metrics.loss.toFixed(3)}`, event);
  else if (event.kind === 'evaluate')
    console.say(`${run}, step ${event.step}: ${shown(event.metrics.score)}`);
  else if (event.kind === 'damaged')
    console.say(`${run}: set aside ${event.path}: ${event.reason}`);
  else if (event.kind === 'save-failed')
    console.say(`${run}: no checkpoint at step ${event.step}: ${event.error.message}`);
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
  const { recipe, fromScratch, limitTrain, keep, evaluationsPerEpoch, precision } = options;
  const { tasks: _, source: __, swapPairs, startFrom, ...rules } = recipe;
  return {
    ...{ task: task.name, seed, fromScratch, keep, evaluationsPerEpoch, precision },
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
