import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { drawTarget, electraExamples } from './build-electra.js';
import type { Draws } from './draws.js';
import { FIXTURES } from './test-support.js';

interface Case {
  readonly maxLength: number;
  readonly documents: readonly (readonly number[])[];
  readonly draws: readonly number[];
  readonly examples: readonly (readonly (readonly [Runs, Runs])[])[];
}
type Runs = readonly (readonly [start: number, length: number])[];

// Written by tools/reference/owt_electra_builder.py, which states the published algorithm in Python.
const cases = JSON.parse(readFileSync(join(FIXTURES, 'electra-builder.json'), 'utf8')) as Case[];

describe('electraExamples', () => {
  test.each(cases.map((one) => [one.maxLength, one] as const))(
    'gives the reference run its examples, L = %i',
    (maxLength, { documents, draws, examples }) => {
      let drawn = 0;
      const replay: Draws = {
        uniform: () => draws[drawn++] ?? Number.NaN,
        integer: () => draws[drawn++] ?? Number.NaN,
      };
      let target = maxLength;
      let next = 0;
      const found = documents.map((lines) => {
        const first = next;
        const ends = Int32Array.from(lines, (length) => {
          next += length;
          return next - first;
        });
        const ids = Int32Array.from({ length: next - first }, (_, i) => first + i);
        const made: [Runs, Runs][] = [];
        const sentences = { ids, ends, count: lines.length, tokens: ids.length };
        target = electraExamples(sentences, maxLength, target, replay, (a, countA, b, countB) => {
          made.push([runs(a.subarray(0, countA)), runs(b.subarray(0, countB))]);
        });
        return made;
      });
      expect(found).toEqual(examples);
      expect(drawn).toBe(draws.length);
    },
  );

  test('covers in its fixture what the algorithm can do', () => {
    const all = cases.flatMap(({ examples }) => examples.flat());
    expect(all.length).toBeGreaterThan(200);
    expect(all.some(([, b]) => b.length === 0)).toBe(true);
    // A short line that goes back to segment A after segment B was begun.
    expect(all.some(([a]) => a.length > 1)).toBe(true);
    expect(cases.some(({ draws }) => draws.some((draw) => draw >= 5))).toBe(true);
  });
});

describe('drawTarget', () => {
  test('is the maximum, or one time in twenty any length from 5', () => {
    const given = (uniform: number): Draws => ({ uniform: () => uniform, integer: (low) => low });
    expect(drawTarget(given(0.05), 128)).toBe(128);
    expect(drawTarget(given(0.0499), 128)).toBe(5);
  });
});

function runs(tokens: Int32Array): Runs {
  const found: [number, number][] = [];
  for (const token of tokens) {
    const last = found.at(-1);
    if (last && token === last[0] + last[1]) last[1]++;
    else found.push([token, 1]);
  }
  return found;
}
