// Examples grouped by length into batches of one width each.
//
// Which examples share a batch, and the order of batches, are functions of (seed, epoch): a position in an epoch is
// all there is to save.
//
// Shapes: B batch, S width.

import { shuffled } from './batches-shuffle.js';
import type { EncodedExample } from './encode-examples.js';

/** Examples that are computed together. */
export interface Batch {
  /** B */
  readonly rows: number;
  /** S */
  readonly width: number;
  /** At most B; the rows after them are filled and weigh nothing. */
  readonly examples: readonly EncodedExample[];
}

export interface BatchOptions {
  /** B */
  readonly batchSize: number;
  /** Ascending; the last holds the longest example. */
  readonly widths: readonly number[];
}

/**
 * Tokens of a batch of which small encoders keep the activations in a core's caches: a forward pass of ALBERT 12 x 256 over
 * three times as many takes 1.18 times as long for each, over 256 tokens 1.13 times. From 512 to 1,024 it is the same;
 * batches that are not large end closer together where several run side by side (docs/log.md).
 */
export const CACHED_TOKENS = 640;

/**
 * The batches of one epoch: every example once, examples of one width together, in random order. What is left over
 * of a width joins the next larger one, so that at most one batch is not full.
 */
export function trainingBatches(
  examples: readonly EncodedExample[],
  {
    batchSize,
    widths,
    seed,
    epoch,
  }: BatchOptions & { readonly seed: number; readonly epoch: number },
): Batch[] {
  const order = shuffled(examples, seed, 2 * epoch);
  return shuffled(cut(order, { batchSize, widths }), seed, 2 * epoch + 1);
}

/**
 * Batches of all examples for a program that takes any size: by length, the longest first, as many rows as `tokens`
 * hold and at least one, as wide as the longest of them. Results are put back in order by `index`.
 *
 * @param tokens most of a batch, B S
 */
export function fittingBatches(
  examples: readonly EncodedExample[],
  { tokens }: { readonly tokens: number },
): Batch[] {
  const batches: Batch[] = [];
  const byLength = examples.toSorted((a, b) => b.ids.length - a.ids.length);
  for (let start = 0; start < byLength.length; ) {
    const width = byLength[start].ids.length;
    const chosen = byLength.slice(start, start + Math.max(1, Math.floor(tokens / width)));
    batches.push({ rows: chosen.length, width, examples: chosen });
    start += chosen.length;
  }
  return batches;
}

/**
 * The same examples as narrow as they can be: as wide as the longest, or where widths are given, as the least of them
 * that holds it.
 *
 * @param widths ascending
 */
export function narrowed(batch: Batch, widths?: readonly number[]): Batch {
  const longest = batch.examples.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  return { ...batch, width: widths?.find((width) => width >= longest) ?? longest };
}

/**
 * Batches of all examples, the longest last; results are put back in order by `index`.
 *
 * @param tokens most of a batch, B S, so that wider batches have fewer rows; as many as `batchSize` gives when left out
 */
export function evaluationBatches(
  examples: readonly EncodedExample[],
  { tokens, ...options }: BatchOptions & { readonly tokens?: number },
): Batch[] {
  return cut(examples, options, tokens);
}

/** B of a batch of S tokens: as many as `batchSize`, or as fit into `tokens`; at least one. */
export function batchRows(
  width: number,
  { batchSize, tokens }: { readonly batchSize: number; readonly tokens: number },
): number {
  return Math.max(1, Math.min(batchSize, Math.floor(tokens / width)));
}

function cut(
  examples: readonly EncodedExample[],
  { batchSize, widths }: BatchOptions,
  tokens = Number.POSITIVE_INFINITY,
): Batch[] {
  const rowsOf = (width: number): number => batchRows(width, { batchSize, tokens });
  const groups = widths.map((): EncodedExample[] => []);
  for (const example of examples) {
    const group = groups[widths.findIndex((width) => example.ids.length <= width)];
    if (!group) throw tooLong(example, widths);
    group.push(example);
  }
  const batches: Batch[] = [];
  let rest: EncodedExample[] = [];
  for (const [place, group] of groups.entries()) {
    const width = widths[place];
    const rows = rowsOf(width);
    const waiting = [...rest, ...group];
    const whole = waiting.length - (waiting.length % rows);
    for (let start = 0; start < whole; start += rows)
      batches.push({ rows, width, examples: waiting.slice(start, start + rows) });
    rest = waiting.slice(whole);
  }
  if (rest.length > 0) {
    const longest = rest.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    const width = widths.find((width) => width >= longest) ?? longest;
    batches.push({ rows: rowsOf(width), width, examples: rest });
  }
  return batches;
}

function tooLong({ index, ids }: EncodedExample, widths: readonly number[]): RangeError {
  return new RangeError(
    `glue: example ${index} fits no batch: found ${ids.length} tokens, expected at most ${widths.at(-1)}.\n` +
      'Choose widths with chooseWidths for all examples, or encode with a smaller maxLength.',
  );
}
