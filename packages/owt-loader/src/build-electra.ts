// ELECTRA's published example builder, exactly: build_pretraining_dataset.py of google-research/electra.
//
// A line is a "sentence"; lines are collected until they reach the target length, dealt to two segments, and
// what exceeds the maximum is dropped (29 to 47 % of the tokens of real web text at L = 128; see the counts).
// There the random module is unseeded and the target length survives from one document to the next; here the
// draws come from the document's key, and the first target of a document is drawn as the others are.

import type { BuildInput } from './builder.js';
import type { Draws } from './draws.js';
import { countFilled, type Sentences } from './encoder.js';

const SINGLE_SHARE = 0.1;
const SHORT_SHARE = 0.05;
const SINGLE_AIM = 100_000;
const SHORTEST_TARGET = 5;

/** Length that the next example aims at: the maximum, or in one of twenty draws any length from 5. */
export function drawTarget(draws: Draws, maxLength: number): number {
  return draws.uniform() < SHORT_SHARE ? draws.integer(SHORTEST_TARGET, maxLength) : maxLength;
}

/**
 * Cuts one document, given as lines, into pairs of segments.
 *
 * @param target length that the first example aims at
 * @param emit receives A = ids[0..countA) and B = ids[0..countB), valid during the call
 * @returns the target for the example after the last
 */
export function electraExamples(
  lines: Sentences,
  maxLength: number,
  target: number,
  draws: Draws,
  emit: (a: Int32Array, countA: number, b: Int32Array, countB: number, dropped: number) => void,
): number {
  let next = target;
  let first = 0;
  let collected = 0;
  const create = (last: number): void => {
    cut(lines, first, last, maxLength, next, draws, emit);
    first = last;
    collected = 0;
    next = drawTarget(draws, maxLength);
  };
  for (let line = 0; line < lines.count; line++) {
    collected += (lines.ends[line] ?? 0) - (lines.ends[line - 1] ?? 0);
    if (collected >= next) create(line + 1);
  }
  if (collected > 0) create(lines.count);
  return next;
}

function cut(
  { ids, ends }: Sentences,
  from: number,
  to: number,
  maxLength: number,
  target: number,
  draws: Draws,
  emit: (a: Int32Array, countA: number, b: Int32Array, countB: number, dropped: number) => void,
): void {
  const aim = draws.uniform() < SINGLE_SHARE ? SINGLE_AIM : (target - 3) >> 1;
  const total = (ends[to - 1] ?? 0) - (ends[from - 1] ?? 0);
  const a = new Int32Array(total);
  const b = new Int32Array(total);
  let countA = 0;
  let countB = 0;
  for (let line = from; line < to; line++) {
    const start = ends[line - 1] ?? 0;
    const end = ends[line] ?? 0;
    const toA =
      countA === 0 ||
      countA + end - start < aim ||
      (countB === 0 && countA < aim && draws.uniform() < 0.5);
    if (toA) {
      a.set(ids.subarray(start, end), countA);
      countA += end - start;
    } else {
      b.set(ids.subarray(start, end), countB);
      countB += end - start;
    }
  }
  const keptA = Math.min(countA, maxLength - 2);
  const keptB = Math.min(countB, Math.max(0, maxLength - keptA - 3));
  emit(a, keptA, b, keptB, total - keptA - keptB);
}

export function buildElectra({ sentences: lines, draws, sink, counts }: BuildInput): void {
  counts.tokens += lines.tokens;
  counts.sentences += countFilled(lines);
  const target = drawTarget(draws, sink.length);
  electraExamples(lines, sink.length, target, draws, (a, countA, b, countB, dropped) => {
    sink.add(a, 0, countA, b, 0, countB);
    counts.placed += countA + countB;
    counts.cut += dropped;
    if (countB === 0) counts.single++;
  });
}
