// The whole path on a fresh machine: prose from the installed documentation → vocabulary → shards → a small
// ALECTRA, trained for some minutes → what it learned.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GatheredText, gatherMarkdown } from '@alectra/owt-loader';
import { formatDuration, type RunResult } from '@alectra/trainer';
import type { Console } from './console.js';
import { finishRun } from './finish-run.js';
import { parameterCounts } from './networks.js';
import { quickstartReport } from './quickstart-report.js';
import type { Recipe } from './recipe.js';
import { resolveRecipe } from './recipe-file.js';
import { openRun, planOf } from './run-folder.js';
import { shellWord } from './shell-word.js';
import { textsOf } from './text-source.js';
import { UsageError } from './usage-error.js';

export interface QuickstartOptions {
  readonly folder: string;
  /** Training time to aim at, measured once before training. */
  readonly seconds: number;
  readonly seed: number;
  readonly set?: readonly string[];
  readonly signal?: AbortSignal;
  readonly console: Console;
}

/** Runs the quickstart; returns how training ended. */
export async function quickstart(options: QuickstartOptions): Promise<RunResult['status']> {
  const { folder, seconds, signal, console } = options;
  const began = performance.now();
  if (existsSync(join(folder, 'config.json')))
    throw new UsageError(
      `pretrain: ${folder} holds a run already.\n` +
        `Go on with it: npm run pretrain -- --resume ${shellWord(folder)}\nOr choose another folder with --out.`,
    );
  refuseMeasured(options.set ?? []);
  const gathered = await gatherDocumentation();
  console.say(describe(gathered));
  const draft = resolveRecipe({
    preset: 'quickstart',
    set: options.set,
    flags: { seed: options.seed },
  });
  const text = textsOf(gathered.documents, 'Markdown files of the installed packages');
  const run = await openRun({
    folder,
    recipe: draft,
    text,
    resume: 'never',
    say: (line) => console.say(line),
  });
  try {
    const { trainer, networks } = run;
    const counts = parameterCounts(networks);
    console.say(
      `networks: generator ${counts.generator.toLocaleString('en-US')} and discriminator ` +
        `${counts.discriminator.toLocaleString('en-US')} parameters, ${counts.together.toLocaleString('en-US')} together`,
    );
    const secondsPerStep = await trainer.measure(Math.min(10, seconds / 10));
    const recipe = withSteps(draft, Math.max(20, Math.round(seconds / secondsPerStep)));
    console.say(
      `training: ${recipe.schedule.steps} steps of ${(1000 * secondsPerStep).toFixed(0)} ms, ` +
        `about ${formatDuration(recipe.schedule.steps * secondsPerStep)}; stop with Ctrl-C, nothing is lost`,
    );
    const evaluations: Readonly<Record<string, number>>[] = [];
    const result = await trainer.run({
      ...planOf(recipe),
      ...(signal && { signal }),
      onEvent(event) {
        if (event.kind === 'evaluate') evaluations.push(event.metrics);
        console.onEvent(event);
      },
    });
    console.end();
    if (result.status !== 'finished') return result.status;
    const path = await finishRun(folder, recipe, run, result);
    const report = await quickstartReport({
      folder,
      model: path,
      tokenizer: run.tokenizer,
      start: evaluations[0] ?? {},
      end: result.evaluation ?? {},
      heldOut: run.evaluation.last(),
      seconds: (performance.now() - began) / 1000,
    });
    process.stdout.write(report);
    return result.status;
  } finally {
    console.end();
    await run.trainer.close();
  }
}

/** What follows from the measurement would overwrite these without a word. */
function refuseMeasured(set: readonly string[]): void {
  const measured = set.filter((value) =>
    /^(?:schedule(?:\.steps|\.warmupSteps)?|intervals\.evaluateSteps)=/.test(value),
  );
  if (measured.length === 0) return;
  throw new UsageError(
    `pretrain: the quickstart cannot take --set ${measured.join(' ')}: found steps, which it measures itself.\n` +
      'Give --seconds, or train by npm run pretrain -- --preset quickstart --text <files>.',
  );
}

/** The draft with the number of steps that fits the time: a tenth of them warm-up, four evaluations on the way. */
function withSteps(draft: Recipe, steps: number): Recipe {
  const { schedule, intervals } = draft;
  return {
    ...draft,
    schedule: { ...schedule, steps, warmupSteps: Math.round(steps / 10) },
    intervals: { ...intervals, evaluateSteps: Math.ceil(steps / 4) },
  };
}

/** Prose of all Markdown files in the node_modules folders that this program can see. */
async function gatherDocumentation(): Promise<GatheredText> {
  const roots: string[] = [];
  let folder = dirname(fileURLToPath(import.meta.url));
  while (dirname(folder) !== folder) {
    const candidate = join(folder, 'node_modules');
    if (existsSync(candidate) && (await readdir(candidate)).length > 0) roots.push(candidate);
    folder = dirname(folder);
  }
  if (roots.length === 0)
    throw new UsageError('pretrain: no node_modules folder was found.\nRun npm ci first.');
  return gatherMarkdown(roots);
}

function describe(gathered: GatheredText): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return (
    `text: ${megabytes(gathered.bytesKept)} of prose from ${gathered.filesWithProse.toLocaleString('en-US')} Markdown files ` +
    `of the installed packages (${megabytes(gathered.bytesRead)} read; code, tables, badges and ` +
    `${gathered.duplicateParagraphs.toLocaleString('en-US')} repeated paragraphs left out)`
  );
}
