// A run from a recipe, or the continuation of one from its folder.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { formatDifferences, type RunResult, refusedChanges } from '@alectra/trainer';
import type { Console } from './console.js';
import { finishRun } from './finish-run.js';
import { parameterCounts } from './networks.js';
import { type GlueProbe, glueProbe } from './probe.js';
import type { Recipe } from './recipe.js';
import { type RecipeSources, resolveRecipe } from './recipe-file.js';
import { preparedParts } from './recipe-paths.js';
import { type OpenRun, openRun, planOf } from './run-folder.js';
import { openTexts } from './text-source.js';
import { UsageError } from './usage-error.js';

export interface PretrainOptions {
  readonly folder: string;
  readonly recipe: Recipe;
  readonly resume: 'never' | 'auto' | 'exact';
  /** Dotted keys in which a resumed run may differ from what it was. */
  readonly allowConfigChanges?: readonly string[];
  readonly signal?: AbortSignal;
  readonly console: Console;
}

export interface PretrainSummary extends RunResult {
  readonly folder: string;
  /** The exported model of a finished run. */
  readonly model?: string;
}

/**
 * The recipe of a run that was begun, with changes on top.
 *
 * @throws UsageError if there is no run, or a change is not allowed
 */
export function recipeOfRun(
  folder: string,
  changes: RecipeSources,
  allowed: readonly string[] = [],
): Recipe {
  const file = join(folder, 'config.json');
  if (!existsSync(file))
    throw new UsageError(
      `pretrain: there is nothing to resume in ${folder}: it has no config.json.\n` +
        'Begin the run without --resume.',
    );
  const recipe = resolveRecipe({ ...changes, file, folder });
  const refused = refusedChanges(JSON.parse(readFileSync(file, 'utf8')), recipe, allowed);
  if (refused.length === 0) return recipe;
  throw new UsageError(
    `pretrain: ${folder} was begun with other values:\n${formatDifferences(refused)}\n` +
      `Leave them, or allow the change: --allow-config-change ${refused.map(({ key }) => key).join(' ')}`,
  );
}

/** Trains; a finished run is exported. */
export async function pretrain(options: PretrainOptions): Promise<PretrainSummary> {
  const { folder, recipe, resume, console } = options;
  checkText(recipe, folder);
  if (resume === 'never') {
    if (existsSync(join(folder, 'config.json')))
      throw new UsageError(
        `pretrain: ${folder} holds a run already.\nGo on with --resume ${folder}, or choose another --out.`,
      );
    await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(recipe, null, 2)}\n`);
  }
  const prepared = preparedParts(folder, recipe);
  const isTextNeeded = !(prepared.vocabulary && prepared.shards);
  const text = await openTexts(isTextNeeded ? recipe.data.text : []);
  if (text.found !== '') console.say(`text: ${text.found}`);
  const say = (line: string): void => console.say(line);
  // an interrupted preparation has a config.json but no checkpoint: that is a beginning, too
  const run = await openRun({ folder, recipe, text, resume, say });
  let probe: GlueProbe | undefined;
  try {
    const { tokenizer, networks } = run;
    const { encode, task } = networks;
    probe = await glueProbe(recipe, {
      tokenizer,
      encode,
      discriminatorParams: task.discriminatorParams,
    });
    const summary = await train(options, run, probe);
    if (summary.status !== 'finished') return summary;
    return { ...summary, model: await finishRun(folder, recipe, run, summary) };
  } catch (error) {
    console.end();
    console.say(
      `The run has stopped. What is saved lies in ${folder}; --resume ${folder} goes on from there.`,
    );
    throw error;
  } finally {
    console.end();
    probe?.dispose();
    await run.trainer.close();
  }
}

async function train(
  { folder, recipe, signal, console, ...options }: PretrainOptions,
  run: OpenRun,
  probe: GlueProbe | undefined,
): Promise<PretrainSummary> {
  const counts = parameterCounts(run.networks);
  console.say(
    `networks: generator ${grouped(counts.generator)} and discriminator ${grouped(counts.discriminator)} ` +
      `parameters, ${grouped(counts.together)} together`,
  );
  const result = await run.trainer.run({
    ...planOf(recipe),
    ...(signal && { signal }),
    ...(probe && { probe }),
    ...(options.allowConfigChanges && { allowConfigChanges: options.allowConfigChanges }),
    onEvent: (event) => console.onEvent(event),
  });
  console.end();
  return { ...result, folder };
}

function checkText(recipe: Recipe, folder: string): void {
  const { text, shards } = recipe.data;
  if (text.length > 0 || existsSync(join(folder, 'shards'))) return;
  if (shards === '')
    throw new UsageError(
      'pretrain: there is nothing to train on: data.text and data.shards are both empty.\n' +
        'Give --text with files or folders of text, or --shards with a folder of shards.',
    );
  if (recipe.vocabulary.file === '' && !existsSync(join(folder, 'vocab.txt')))
    throw new UsageError(
      'pretrain: shards were given without their vocabulary.\nGive --vocabulary with the vocab.txt they were built with.',
    );
}

const grouped = (count: number): string => count.toLocaleString('en-US');
