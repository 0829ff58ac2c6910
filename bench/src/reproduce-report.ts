// What a comparison of curves says: a line now and then, a table, curves.json, and pictures.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawCurves } from '@alectra/trainer';
import { describeMachine } from './machine.js';
import type { Distances } from './reproduce-peer.js';
import type { Losses } from './reproduce-step.js';

/** Largest relative difference that passes, at any step and for each loss. */
export const LIMIT = 1e-3;

export const LOSSES = ['total', 'generator', 'discriminator'] as const;

export interface Comparison {
  readonly optimizer: string;
  /** Which learning rates, in words. */
  readonly rates: string;
  readonly engine: string;
  /** Versions of the reference. */
  readonly reference: string;
  readonly parameters: number;
  /** Losses before each update. */
  readonly ours: Losses[];
  readonly theirs: Losses[];
  /** The reference from weights that were changed a little. */
  readonly control?: Losses[];
  /** The reference in float64. */
  readonly double?: Losses[];
  readonly inspected: Inspected[];
  /** ‖ours - theirs‖ / ‖theirs - start‖ over all parameters after the last step. */
  readonly distance: number;
}

/** Both stacks' weights beside the float64 run's after a step. */
export interface Inspected {
  readonly step: number;
  readonly ours: Distances;
  readonly theirs: Distances;
}

/** |a / b - 1| of each loss at each step. */
export function differences(a: readonly Losses[], b: readonly Losses[]): number[][] {
  return a.map((losses, step) =>
    losses.map((loss, which) => Math.abs(loss / Number(b[step]?.[which]) - 1)),
  );
}

/** The largest difference of each loss over all steps; infinite if one is not a number. */
export function largest(a: readonly Losses[], b: readonly Losses[]): number[] {
  const all = differences(a, b);
  return LOSSES.map((_, which) =>
    Math.max(...all.map((step) => (Number.isNaN(step[which]) ? Infinity : Number(step[which])))),
  );
}

/** Two runs of a comparison; the first pair is the one that is judged. */
interface Pair {
  readonly name: string;
  readonly a: readonly Losses[];
  readonly b: readonly Losses[];
}

function pairsOf({ ours, theirs, control, double }: Comparison): Pair[] {
  return [
    { name: 'ours, PyTorch', a: ours, b: theirs },
    ...(control ? [{ name: 'control, PyTorch', a: control, b: theirs }] : []),
    ...(double
      ? [
          { name: 'ours, float64', a: ours, b: double },
          { name: 'PyTorch, float64', a: theirs, b: double },
        ]
      : []),
  ];
}

/**
 * A line every twentieth of the way, at the end, and where a difference first passes the limit.
 *
 * @returns whether there was one
 */
export function printLine(comparison: Comparison, steps: number): boolean {
  const { ours, theirs } = comparison;
  const done = ours.length;
  const isFar = differences(ours, theirs).map((step) => step.some((value) => !(value < LIMIT)));
  const isFirstFar = isFar.indexOf(true) === done - 1;
  const isTurn = done === 1 || done === steps || done % Math.max(1, Math.round(steps / 20)) === 0;
  if (!isTurn && !isFirstFar) return false;
  const of = (losses: Losses | undefined): string =>
    (losses ?? []).map((loss) => loss.toFixed(5).padStart(9)).join(' ');
  const worst = pairsOf(comparison).map(
    ({ name, a, b }) => `${name} ${largest(a, b).map(scientific).join(' ')}`,
  );
  console.log(
    `step ${String(done).padStart(4)}  ours ${of(ours.at(-1))}  theirs ${of(theirs.at(-1))}  largest so far: ${worst.join('; ')}`,
  );
  return true;
}

/** How far the weights of both stacks are from those of the float64 run, and the tensors that are farthest. */
export function printInspected({ step, ours, theirs }: Inspected): void {
  const names = Object.keys(ours.tensors);
  const nearer = names.filter((name) => Number(ours.tensors[name]) < Number(theirs.tensors[name]));
  console.log(
    `step ${String(step).padStart(4)}  weights from float64: ours ${scientific(ours.all)}, PyTorch ${scientific(theirs.all)}; ` +
      `ours nearer in ${nearer.length} of ${names.length} tensors; farthest:`,
  );
  const farthest = names.sort((a, b) => Number(ours.tensors[b]) - Number(ours.tensors[a]));
  for (const name of farthest.slice(0, 5))
    console.log(
      `             ${scientific(Number(ours.tensors[name]))} and ${scientific(Number(theirs.tensors[name]))}  ${name}`,
    );
}

export function printTable(comparisons: readonly Comparison[]): void {
  console.log(`\nlargest relative difference over all steps (limit ${LIMIT})`);
  console.log(`${''.padEnd(26)}${LOSSES.map((name) => name.padStart(15)).join('')}`);
  for (const comparison of comparisons) {
    for (const { name, a, b } of pairsOf(comparison)) {
      const cells = largest(a, b).map((value) => scientific(value).padStart(15));
      console.log(`${`${comparison.optimizer}: ${name}`.padEnd(26)}${cells.join('')}`);
    }
    console.log(
      `${comparison.optimizer}: the weights are ${scientific(comparison.distance)} of the way gone apart in the end`,
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
    largest: Object.fromEntries(
      pairsOf(comparison).map(({ name, a, b }) => [
        name,
        Object.fromEntries(largest(a, b).map((value, which) => [LOSSES[which], value])),
      ]),
    ),
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
    await writeFile(
      join(folder, `${optimizer}-differences.svg`),
      drawCurves({
        title: `relative difference of the total loss, in millionths, ${optimizer}`,
        xLabel: 'step',
        curves: pairsOf(comparison).map(({ name, a, b }) => ({
          name,
          points: points(differences(a, b).map(([total]) => 1e6 * Number(total))),
        })),
      }),
    );
  }
}

const scientific = (value: number): string => value.toExponential(1);
