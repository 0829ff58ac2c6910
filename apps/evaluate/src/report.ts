// The results of an evaluation: a table with the model card's rows beside it, as text, Markdown and JSON, and the
// `model-index` of the model's README.md.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import {
  type Average,
  cardRows,
  cardScores,
  electraAverage,
  type GlueScores,
  glueTasks,
  leaderboardAverage,
  markdownTable,
  modelIndex,
  type ResultRow,
  type SeedSummary,
  summariseSeeds,
  type TaskName,
  tableData,
  textTable,
} from '@alectra/glue';
import { withModelIndex } from './front-matter.js';
import type { RunResult } from './run-store.js';
import { medianScores } from './task-scores.js';

export type Runs = Partial<Readonly<Record<TaskName, readonly RunResult[]>>>;

export interface ReportOptions {
  /** What the row of the table is called. */
  readonly system: string;
  readonly runs: Runs;
  /** What the runs have in common, for people. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Report {
  readonly text: string;
  readonly markdown: string;
  readonly json: string;
  /** Medians on the validation sets. */
  readonly scores: GlueScores;
}

/** @param options.runs tasks without a finished run are left out */
export function report({ system, runs, facts }: ReportOptions): Report {
  const tasks = Object.entries(runs).filter(([, results]) => results.length > 0) as [
    TaskName,
    readonly RunResult[],
  ][];
  const scores: GlueScores = Object.assign(
    {},
    ...tasks.map(([, results]) => medianScores(results)),
  );
  const row: ResultRow = {
    system,
    set: 'dev',
    aggregation: aggregation(tasks.map(([, { length }]) => length)),
    scores: cardScores(scores),
  };
  const rows = [row, ...cardRows];
  const averages = { leaderboard: leaderboardAverage(scores), electra: electraAverage(row.scores) };
  const means = [
    `the leaderboard's (nine tasks, all their metrics): ${averageOf(averages.leaderboard)}`,
    `ELECTRA's (eight tasks, one metric each): ${averageOf(averages.electra)}`,
  ];
  const seeds = tasks.map(([task, results]) => ({ task, ...summaryOf(results) }));
  const spread = seeds.map(
    ({ task, summary }) => `${glueTasks[task].title.padEnd(6)} ${spreadOf(summary)}`,
  );
  const list = Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
  return {
    scores,
    text: `${textTable(rows)}\n${spread.join('\n')}\n\nAverages on the validation sets\n${means.join('\n')}\n`,
    markdown: [
      `# GLUE: ${system}\n`,
      `${list.join('\n')}\n`,
      markdownTable(rows),
      `Over seeds, times 100, in the column's metric:\n\n${spread.map((line) => `- ${line}`).join('\n')}\n`,
      `Averages on the validation sets:\n\n${means.map((line) => `- ${line}`).join('\n')}\n`,
    ].join('\n'),
    json: `${JSON.stringify({ system, facts, tasks: seeds, averages, table: tableData(rows) }, null, 2)}\n`,
  };
}

/** Writes results.json and results.md. */
export async function writeReport(folder: string, { json, markdown }: Report): Promise<void> {
  await writeFileAtomic(join(folder, 'results.json'), json);
  await writeFileAtomic(join(folder, 'results.md'), markdown);
}

/** Puts the scores into the front matter of README.md of a model folder, and leaves its text alone. */
export async function writeModelIndex(
  folder: string,
  name: string,
  scores: GlueScores,
): Promise<void> {
  const path = join(folder, 'README.md');
  const before = existsSync(path) ? await readFile(path, 'utf8') : `# ${name}\n`;
  await writeFileAtomic(path, withModelIndex(before, name, modelIndex(scores)));
}

function summaryOf(results: readonly RunResult[]): {
  readonly summary: SeedSummary;
  readonly runs: readonly object[];
} {
  return {
    summary: summariseSeeds(results.map(({ kept }) => kept.score ?? Number.NaN)),
    runs: results.map(({ seed, kept, steps, examples, engine, trainingSeconds }) => ({
      ...{ seed, ...kept, steps, examples, engine, trainingSeconds },
    })),
  };
}

function spreadOf({ count, median, mean, std, best }: SeedSummary): string {
  const of = (value: number): string => (Number.isNaN(value) ? 'undefined' : value.toFixed(1));
  if (count === 1) return `${of(median)} (1 seed)`;
  return `median ${of(median)}, mean ${of(mean)}, std ${of(std)}, best ${of(best)} (${count} seeds)`;
}

function averageOf({ value, missing }: Average): string {
  return value === undefined ? `none without ${missing.join(', ')}` : value.toFixed(1);
}

function aggregation(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return '1 fine-tuning';
  return `median of ${least === most ? most : `${least} to ${most}`} fine-tunings`;
}
