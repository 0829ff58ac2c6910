// The figures of a model card's `model-index` as tables: GLUE with a column a task, everything else row by row.

import type { Result } from './page-front-matter.js';
import { type Html, html } from './page-html.js';

interface GlueTask {
  readonly name: string;
  readonly title: string;
  /** Its metrics in the order in which papers print them, as the hub spells them. */
  readonly metrics: readonly string[];
}

// the order of the GLUE paper's table, https://arxiv.org/abs/1804.07461
const GLUE: readonly GlueTask[] = [
  { name: 'cola', title: 'CoLA', metrics: ['matthews_correlation'] },
  { name: 'sst2', title: 'SST-2', metrics: ['accuracy'] },
  { name: 'mrpc', title: 'MRPC', metrics: ['f1', 'accuracy'] },
  { name: 'stsb', title: 'STS-B', metrics: ['pearson', 'spearmanr'] },
  { name: 'qqp', title: 'QQP', metrics: ['f1', 'accuracy'] },
  { name: 'mnli', title: 'MNLI', metrics: ['accuracy'] },
  { name: 'qnli', title: 'QNLI', metrics: ['accuracy'] },
  { name: 'rte', title: 'RTE', metrics: ['accuracy'] },
  { name: 'wnli', title: 'WNLI', metrics: ['accuracy'] },
];

const METRIC_TITLES: Readonly<Record<string, string>> = {
  matthews_correlation: 'Matthews',
  accuracy: 'acc',
  f1: 'F1',
  pearson: 'Pearson',
  spearmanr: 'Spearman',
};

/** Tables of all results; undefined where there are none. */
export function renderResults(results: readonly Result[]): Html | undefined {
  if (results.length === 0) return undefined;
  const glue = results.filter((result) => glueTask(result) !== undefined);
  const others = results.filter((result) => glueTask(result) === undefined);
  return html`${glue.length > 0 && glueTable(glue)}${others.length > 0 && plainTable(others)}`;
}

function glueTable(results: readonly Result[]): Html {
  const tasks = GLUE.filter(({ name }) => results.some((result) => glueTask(result) === name));
  const splits = [...new Set(results.map(splitOf))].sort();
  const show = numberFormat(results);
  const of = (task: GlueTask): readonly Result[] =>
    results
      .filter((result) => glueTask(result) === task.name)
      .sort((one, other) => rank(task, one) - rank(task, other));
  const metrics = (task: GlueTask): string[] => [...new Set(of(task).map(({ metric }) => metric))];
  const cell = (task: GlueTask, split: string): Html => {
    const here = of(task).filter((result) => splitOf(result) === split);
    const figures = metrics(task).flatMap((metric) => {
      const values = here.filter((result) => result.metric === metric);
      return values.length > 0 ? values.map(({ value }) => show(value)) : ['–'];
    });
    return html`<td>${here.length > 0 ? figures.join(' / ') : '–'}</td>`;
  };
  return frame(
    'GLUE results',
    html`<table class="figures">
      <caption>GLUE, in percent</caption>
      <thead><tr><th scope="col">split</th>${tasks.map(
        (task) =>
          html`<th scope="col">${task.title}<small>${metrics(task).map(metricTitle).join(' / ')}</small></th>`,
      )}</tr></thead>
      <tbody>${splits.map(
        (split) =>
          html`<tr><th scope="row">${split}</th>${tasks.map((task) => cell(task, split))}</tr>`,
      )}</tbody>
    </table>`,
  );
}

function plainTable(results: readonly Result[]): Html {
  return frame(
    'Results',
    html`<table class="figures">
      <caption>Results as the card states them</caption>
      <thead><tr><th scope="col">data</th><th scope="col">split</th><th scope="col">metric</th><th scope="col">value</th></tr></thead>
      <tbody>${results.map(
        ({ dataset, config, task, split, metric, value }) =>
          html`<tr><th scope="row">${[dataset || task, config].filter(Boolean).join(', ')}</th><td>${split || '–'}</td><td>${metricTitle(metric)}</td><td>${Number(value.toPrecision(5))}</td></tr>`,
      )}</tbody>
    </table>`,
  );
}

const frame = (label: string, table: Html): Html =>
  html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">${table}</div>`;

/** The hub writes `glue` with a config; older cards name the task in the dataset. */
function glueTask({ dataset, config }: Result): string | undefined {
  const spelled = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const [set, part] = [spelled(dataset), spelled(config)];
  if (!set.includes('glue') || set.includes('superglue')) return undefined;
  const matches = (text: string, name: string): boolean => text === name || text === `glue${name}`;
  const named = GLUE.find(({ name }) => matches(part, name) || matches(set, name));
  return named?.name ?? (/^mnli(mis)?matched$/.test(part) ? 'mnli' : undefined);
}

const splitOf = ({ split }: Result): string =>
  /^(validation|dev)/i.test(split) ? 'dev' : /^test/i.test(split) ? 'test' : split || 'unnamed';

/** Order of several figures in one cell: by metric, MNLI's matched before its mismatched part. */
function rank(task: GlueTask, { metric, config, split }: Result): number {
  const index = task.metrics.indexOf(metric);
  const mismatched = /mismatched/i.test(`${config} ${split}`) ? 0.5 : 0;
  return (index === -1 ? task.metrics.length : index) + mismatched;
}

const metricTitle = (metric: string): string => METRIC_TITLES[metric] ?? (metric || '–');

/** Cards state GLUE's figures as fractions or in percent: as fractions where none is over 1. */
function numberFormat(results: readonly Result[]): (value: number) => string {
  const factor = results.every(({ value }) => Math.abs(value) <= 1) ? 100 : 1;
  return (value) => (factor * value).toFixed(1);
}
