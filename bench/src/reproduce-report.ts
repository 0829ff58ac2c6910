// What a comparison of curves says: a line now and then, a table, curves.json, and pictures.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawCurves } from '@alectra/trainer';
import { describeMachine } from './machine.js';
import type { Losses } from './reproduce-step.js';

/** Largest relative difference that passes, at any step and for each loss. */
export const LIMIT = 1e-3;

export const LOSSES = ['total', 'generator', 'discriminator'] as const;

export interface Comparison {
  readonly optimizer: string;
  readonly peakLearningRate: number;
  readonly engine: string;
  /** Versions of the reference. */
  readonly reference: string;
  readonly parameters: number;
  /** Losses before each update. */
  readonly ours: Losses[];
  readonly theirs: Losses[];
  /** The reference from weights that were changed a little. */
  readonly control?: Losses[];
  /** ‖ours - theirs‖ / ‖theirs - start‖ over all parameters after the last step. */
  readonly distance: number;
}

/** |ours / theirs - 1| of each loss at each step. */
export function differences({ ours, theirs }: Comparison): number[][] {
  return ours.map((losses, step) =>
    losses.map((loss, which) => Math.abs(loss / Number(theirs[step]?.[which]) - 1)),
  );
}

/** The largest difference of each loss over all steps; infinite if one is not a number. */
export function largest(comparison: Comparison): number[] {
  const all = differences(comparison);
  return LOSSES.map((_, which) =>
    Math.max(...all.map((step) => (Number.isNaN(step[which]) ? Infinity : Number(step[which])))),
  );
}

/** A line every twentieth of the way, at the end, and where a difference first passes the limit. */
export function printLine(comparison: Comparison, steps: number): void {
  const { ours, theirs } = comparison;
  const done = ours.length;
  const isFar = differences(comparison).map((step) => step.some((value) => !(value < LIMIT)));
  const isFirstFar = isFar.indexOf(true) === done - 1;
  const isTurn = done === 1 || done === steps || done % Math.max(1, Math.round(steps / 20)) === 0;
  if (!isTurn && !isFirstFar) return;
  const of = (losses: Losses | undefined): string =>
    (losses ?? []).map((loss) => loss.toFixed(5).padStart(9)).join(' ');
  const worst = largest(comparison).map(scientific).join(' ');
  const control = ofControl(comparison);
  const own = control ? `  control ${largest(control).map(scientific).join(' ')}` : '';
  console.log(
    `step ${String(done).padStart(4)}  ours ${of(ours.at(-1))}  theirs ${of(theirs.at(-1))}  largest so far ${worst}${own}`,
  );
}

/** How far the reference is from itself after a small change of its first weights. */
function ofControl({ control, ...comparison }: Comparison): Comparison | undefined {
  return control && { ...comparison, ours: control };
}

export function printTable(comparisons: readonly Comparison[]): void {
  console.log(`\nlargest relative difference over all steps (limit ${LIMIT})`);
  console.log(
    `${'optimizer'.padEnd(10)}${LOSSES.map((name) => name.padStart(15)).join('')}   final weights`,
  );
  for (const comparison of comparisons) {
    const control = ofControl(comparison);
    if (control) {
      const cells = largest(control).map((value) => scientific(value).padStart(15));
      console.log(`${'(control)'.padEnd(10)}${cells.join('')}`);
    }
    const cells = largest(comparison).map((value) => scientific(value).padStart(15));
    console.log(
      `${comparison.optimizer.padEnd(10)}${cells.join('')}${scientific(comparison.distance).padStart(16)}`,
    );
  }
}

/** curves.json, and for each optimizer a picture of each loss and one of the differences. */
export async function writeReport(
  folder: string,
  about: Readonly<Record<string, unknown>>,
  comparisons: readonly Comparison[],
): Promise<void> {
  const summary = comparisons.map((comparison) => ({
    ...comparison,
    largest: Object.fromEntries(largest(comparison).map((value, which) => [LOSSES[which], value])),
  }));
  const json = {
    ...about,
    machine: describeMachine(),
    limit: LIMIT,
    losses: LOSSES,
    comparisons: summary,
  };
  await writeFile(join(folder, 'curves.json'), `${JSON.stringify(json)}\n`);
  for (const comparison of comparisons) {
    const { optimizer, ours, theirs } = comparison;
    const points = (values: readonly number[]) => values.map((y, step) => ({ x: step, y }));
    for (const [which, loss] of LOSSES.entries())
      await writeFile(
        join(folder, `${optimizer}-${loss}.svg`),
        drawCurves({
          title: `${loss} loss, ${optimizer}`,
          xLabel: 'step',
          curves: [
            {
              name: 'PyTorch',
              points: points(theirs.map((losses) => losses[which] ?? Number.NaN)),
            },
            { name: 'ours', points: points(ours.map((losses) => losses[which] ?? Number.NaN)) },
          ],
        }),
      );
    const all = differences(comparison);
    await writeFile(
      join(folder, `${optimizer}-differences.svg`),
      drawCurves({
        title: `relative difference of the losses, in millionths, ${optimizer}`,
        xLabel: 'step',
        curves: LOSSES.map((name, which) => ({
          name,
          points: points(all.map((step) => 1e6 * Number(step[which]))),
        })),
      }),
    );
  }
}

const scientific = (value: number): string => value.toExponential(1);
