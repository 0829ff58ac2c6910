// An error analysis as Markdown.

import type { Calibration } from './calibration.js';
import type { ConfusionMatrix } from './confusion-matrix.js';
import type { ErrorAnalysis, WorstExample } from './error-analysis.js';
import { markdownCells } from './markdown-cells.js';

/** @param set what the examples are called: one of the two sets of MNLI, say */
export function errorReport(
  { task, examples, confusion, calibration, worst }: ErrorAnalysis,
  set: string = task.title,
): string {
  const parts = [`# Errors on ${set}, ${examples} examples`];
  if (confusion) parts.push(`## Confusion\n\n${confusionTable(task.labels, confusion)}`);
  if (calibration) parts.push(`## Calibration\n\n${calibrationTable(calibration)}`);
  parts.push(`## Worst examples\n\n${worst.length > 0 ? worstTable(worst) : 'None is wrong.'}`);
  return `${parts.join('\n\n')}\n`;
}

function confusionTable(names: readonly string[], matrix: ConfusionMatrix): string {
  const head = ['true class', ...names.map((name) => `as ${name}`)];
  return markdownCells(
    head,
    matrix.map((row, k) => [names[k] ?? '', ...row.map(String)]),
  );
}

function calibrationTable({ bins, expectedError, maximumError }: Calibration): string {
  const rows = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count, confidence, accuracy }) => [
      `${from.toFixed(2)} to ${to.toFixed(2)}`,
      String(count),
      percent(confidence),
      percent(accuracy),
    ]);
  return (
    `Expected calibration error ${percent(expectedError)} %, largest ${percent(maximumError)} %.\n\n` +
    markdownCells(['confidence', 'examples', 'mean confidence, %', 'right, %'], rows)
  );
}

function worstTable(worst: readonly WorstExample[]): string {
  const rows = worst.map(({ example, label, predicted, confidence, loss }) => [
    String(example.index),
    [example.text, example.textPair].filter((text) => text !== undefined).join(' ‖ '),
    label,
    confidence === undefined ? predicted : `${predicted} (${percent(confidence)} %)`,
    loss.toFixed(2),
  ]);
  return markdownCells(['row', 'text', 'label', 'predicted', 'loss'], rows);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
