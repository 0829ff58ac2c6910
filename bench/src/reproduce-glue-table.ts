// The table of `npm run reproduce -- glue`: medians over seeds, every seed beside them, and the mean gain.

import { median } from './statistics.js';

export interface Cell {
  readonly task: string;
  /** By seed; empty while there is none. */
  readonly scratch: readonly number[];
  readonly pretrained: readonly number[];
}

/** Markdown. */
export function glueTable(cells: readonly Cell[]): string {
  const rows = cells.map(({ task, scratch, pretrained }) =>
    row([task, shown(scratch), shown(pretrained), signed(gainOf({ scratch, pretrained }))]),
  );
  const isWhole = cells.every(({ scratch, pretrained }) => scratch.length * pretrained.length > 0);
  const means = (['scratch', 'pretrained'] as const).map((arm) =>
    isWhole ? fixed(mean(cells.map((cell) => median(cell[arm])))) : '',
  );
  return [
    row(['task', 'random weights', 'pretrained', 'gain']),
    row(['---', '---', '---', '---']),
    ...rows,
    row(['mean', ...means, signed(meanGain(cells))]),
  ].join('\n');
}

/** Mean of the medians' differences; undefined while a cell is empty. */
export function meanGain(cells: readonly Cell[]): number | undefined {
  const gains = cells.map(gainOf);
  return gains.some((gain) => gain === undefined) ? undefined : mean(gains as number[]);
}

function gainOf({ scratch, pretrained }: Omit<Cell, 'task'>): number | undefined {
  if (scratch.length === 0 || pretrained.length === 0) return undefined;
  return median(pretrained) - median(scratch);
}

function shown(scores: readonly number[]): string {
  if (scores.length === 0) return '';
  if (scores.length === 1) return fixed(scores[0]);
  return `${fixed(median(scores))} (${scores.map(fixed).join(', ')})`;
}

const row = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
const fixed = (value: number | undefined): string => value?.toFixed(1) ?? '';
const signed = (value: number | undefined): string =>
  value === undefined ? '' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
