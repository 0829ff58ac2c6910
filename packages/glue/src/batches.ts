// Examples to batches: encoded once, grouped by length, padded to a handful of widths.
//
// A compiled program has a fixed shape, so widths are few; computing padding is what costs most in fine-tuning, so
// they are chosen for the lengths that a task has, and batches hold examples of one width. Which examples share a
// batch, and the order of batches, are functions of (seed, epoch): a position in an epoch is all there is to save.
//
// Shapes: B batch, S width.

import { shuffled } from './batches-shuffle.js';
import type { PairTokenizer } from './encoder.js';

/** An example as token ids. */
export interface EncodedExample {
  /** Row of the split. */
  readonly index: number;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  /** Class or score; NaN where there is none. */
  readonly label: number;
}

/** What is read of an example. */
export interface LabelledText {
  readonly index: number;
  readonly text: string;
  readonly textPair?: string | undefined;
  readonly label?: number | undefined;
}

/** Examples that are computed together. */
export interface Batch {
  /** S */
  readonly width: number;
  /** At most B; the rows after them are filled and weigh nothing. */
  readonly examples: readonly EncodedExample[];
}

/** One tensor of a batch, as plain data. */
export interface BatchTensor {
  readonly dtype: 'int32' | 'float32';
  readonly shape: readonly number[];
  readonly data: Int32Array | Float32Array;
}

/** The tensors of a batch. */
export interface BatchTensors {
  /** int32 `[B, S]` */
  readonly inputIds: BatchTensor;
  /** int32 `[B, S]` */
  readonly attentionMask: BatchTensor;
  /** int32 `[B, S]` */
  readonly tokenTypeIds: BatchTensor;
  /** `[B]`: int32 classes or float32 scores; 0 where there is none */
  readonly labels: BatchTensor;
  /** float32 `[B]`: 1 for an example, 0 for a filled row */
  readonly weights: BatchTensor;
}

/**
 * Token ids of every example, `[CLS]` and `[SEP]` included.
 *
 * @param maxLength special tokens included; a longer pair loses tokens of its longer side
 */
export function encodeExamples(
  tokenizer: PairTokenizer,
  examples: readonly LabelledText[],
  { maxLength }: { readonly maxLength: number },
): EncodedExample[] {
  return examples.map(({ index, text, textPair, label = Number.NaN }) => {
    const { ids, typeIds } = tokenizer.encode(text, {
      ...(textPair !== undefined && { pair: textPair }),
      truncation: 'longest_first',
      maxLength,
    });
    return { index, ids: Int32Array.from(ids), typeIds: Int32Array.from(typeIds), label };
  });
}

export interface WidthOptions {
  /** Most widths, and so most compiled programs; default 6. */
  readonly most?: number;
  /** Widths are multiples of it; default 8. */
  readonly multipleOf?: number;
}

/**
 * The widths, ascending, that pad these lengths least. The last one holds the longest.
 *
 * @throws RangeError if there is no length
 */
export function chooseWidths(
  lengths: readonly number[],
  { most = 6, multipleOf = 8 }: WidthOptions = {},
): number[] {
  if (lengths.length === 0)
    throw new RangeError(
      'glue: cannot choose widths for batches: found no examples, expected at least one.\n' +
        'Check the split that was read.',
    );
  const counts = new Map<number, number>();
  for (const length of lengths) {
    const width = Math.ceil(Math.max(1, length) / multipleOf) * multipleOf;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const candidates = [...counts.keys()].sort((a, b) => a - b);
  const upTo = [0];
  for (const width of candidates) upTo.push((upTo.at(-1) ?? 0) + (counts.get(width) ?? 0));
  // best[k][j]: least computed tokens for the first j candidates with k widths, the last of them candidate j - 1
  const size = candidates.length;
  let best: { cost: number; widths: readonly number[] }[] = upTo.map((_, j) => ({
    cost: j === 0 ? 0 : Number.POSITIVE_INFINITY,
    widths: [],
  }));
  for (let k = 1; k <= Math.min(most, size); k++) {
    best = best.map((without, j) => {
      let chosen = without;
      for (let i = 0; i < j; i++) {
        const cost = best[i].cost + (upTo[j] - upTo[i]) * candidates[j - 1];
        if (cost < chosen.cost) chosen = { cost, widths: [...best[i].widths, candidates[j - 1]] };
      }
      return chosen;
    });
  }
  return [...best[size].widths];
}

/** How many widths are worth their compilation in a run of so many steps: from 6 to 12. */
export function widthCount(steps: number): number {
  return Math.min(12, 6 + Math.floor(steps / 500));
}

export interface BatchOptions {
  /** B */
  readonly batchSize: number;
  /** Ascending; the last holds the longest example. */
  readonly widths: readonly number[];
}

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

/** Batches of all examples, the longest last; results are put back in order by `index`. */
export function evaluationBatches(
  examples: readonly EncodedExample[],
  options: BatchOptions,
): Batch[] {
  return cut(examples, options);
}

function cut(examples: readonly EncodedExample[], { batchSize, widths }: BatchOptions): Batch[] {
  const groups = widths.map((): EncodedExample[] => []);
  for (const example of examples) {
    const group = groups[widths.findIndex((width) => example.ids.length <= width)];
    if (!group) throw tooLong(example, widths);
    group.push(example);
  }
  const batches: Batch[] = [];
  let rest: EncodedExample[] = [];
  for (const [place, group] of groups.entries()) {
    const waiting = [...rest, ...group];
    const whole = waiting.length - (waiting.length % batchSize);
    for (let start = 0; start < whole; start += batchSize)
      batches.push({ width: widths[place], examples: waiting.slice(start, start + batchSize) });
    rest = waiting.slice(whole);
  }
  if (rest.length > 0) {
    const longest = rest.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    batches.push({ width: widths.find((width) => width >= longest) ?? longest, examples: rest });
  }
  return batches;
}

/**
 * The tensors of a batch: padding has id `padId`, mask 0 and segment 0. Rows beyond the examples repeat the first
 * one, so that no row attends to nothing, and weigh 0.
 */
export function batchTensors(
  { width: S, examples }: Batch,
  {
    batchSize: B,
    padId,
    isRegression,
  }: { readonly batchSize: number; readonly padId: number; readonly isRegression: boolean },
): BatchTensors {
  const inputIds = new Int32Array(B * S).fill(padId);
  const attentionMask = new Int32Array(B * S);
  const tokenTypeIds = new Int32Array(B * S);
  const labels = isRegression ? new Float32Array(B) : new Int32Array(B);
  const weights = new Float32Array(B);
  for (let row = 0; row < B; row++) {
    const { ids, typeIds, label } = examples[row] ?? examples[0];
    inputIds.set(ids, row * S);
    attentionMask.fill(1, row * S, row * S + ids.length);
    tokenTypeIds.set(typeIds, row * S);
    if (row >= examples.length) continue;
    labels[row] = Number.isNaN(label) ? 0 : label;
    weights[row] = 1;
  }
  const ints = (data: Int32Array): BatchTensor => ({ dtype: 'int32', shape: [B, S], data });
  return {
    inputIds: ints(inputIds),
    attentionMask: ints(attentionMask),
    tokenTypeIds: ints(tokenTypeIds),
    labels: { dtype: isRegression ? 'float32' : 'int32', shape: [B], data: labels },
    weights: { dtype: 'float32', shape: [B], data: weights },
  };
}

function tooLong({ index, ids }: EncodedExample, widths: readonly number[]): RangeError {
  return new RangeError(
    `glue: example ${index} fits no batch: found ${ids.length} tokens, expected at most ${widths.at(-1)}.\n` +
      'Choose widths with chooseWidths for all examples, or encode with a smaller maxLength.',
  );
}
