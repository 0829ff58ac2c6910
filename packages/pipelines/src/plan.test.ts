import { describe, expect, test } from '@jest/globals';
import { columnsFor, MAX_ROWS, plan, rowsFor, usualShapes } from './plan.js';

const limits = { maxColumns: 512, maxTokens: 2048 };

test.each([
  [1, 8],
  [8, 8],
  [9, 16],
  [64, 64],
  [65, 72],
  [128, 128],
  [129, 144],
  [257, 288],
  [500, 512],
])('%i tokens run in %i columns', (length, columns) => {
  expect(columnsFor(length, 512)).toBe(columns);
});

test('columns never exceed the positions of the model', () => {
  expect(columnsFor(29, 30)).toBe(30);
});

test.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [17, 32],
])('%i rows run as %i', (count, rows) => {
  expect(rowsFor(count)).toBe(rows);
});

test('usual shapes hold up to four texts that fit', () => {
  const shapes = usualShapes(20, { maxColumns: 40, maxTokens: 64 });
  expect(shapes.map(({ rows, columns }) => `${rows}x${columns}`)).toEqual(
    ['1x8', '1x16', '1x24', '2x8', '2x16', '2x24', '4x8', '4x16'], // 4 x 24 would be 96 tokens
  );
  // a text that is longer than a run may be runs alone
  expect(usualShapes(16, { maxColumns: 40, maxTokens: 8 }).map(({ columns }) => columns)).toEqual([
    8, 16,
  ]);
});

describe('a plan', () => {
  test('puts equal rows together and very different ones apart', () => {
    expect(plan([10, 200, 11, 12, 9], limits)).toEqual([
      { rows: 1, columns: 208, members: [1] },
      { rows: 4, columns: 16, members: [4, 0, 2, 3] },
    ]);
  });

  test('splits when padding rows costs more than another run', () => {
    // five rows of 128: 4 + 1, not 8
    const groups = plan([128, 128, 128, 128, 128], limits);
    expect(groups.map(({ rows }) => rows).sort()).toEqual([1, 4]);
  });

  test.each([1, 2, 3])('has every row once, in a shape that holds it (seed %i)', (seed) => {
    let state = seed;
    const random = (bound: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    };
    const lengths = Array.from({ length: 1 + random(100) }, () => 2 + random(511));
    const groups = plan(lengths, limits);
    expect(groups.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual([
      ...lengths.keys(),
    ]);
    for (const { rows, columns, members } of groups) {
      expect(members.length).toBeLessThanOrEqual(rows);
      expect(rows).toBeLessThanOrEqual(MAX_ROWS);
      expect(rows === 1 || rows * columns <= limits.maxTokens).toBe(true);
      for (const member of members) expect(lengths[member]).toBeLessThanOrEqual(columns);
    }
  });

  test('computes at most 1.2 times the tokens of 32 texts of mixed lengths', () => {
    const lengths = Array.from({ length: 32 }, (_, at) => 6 + ((at * 37) % 90));
    const sum = lengths.reduce((total, length) => total + length, 0);
    const padded = plan(lengths, limits).reduce(
      (total, { rows, columns }) => total + rows * columns,
      0,
    );
    expect(padded / sum).toBeLessThan(1.2);
  });

  test('a row longer than the budget runs alone', () => {
    expect(plan([300, 300], { maxColumns: 512, maxTokens: 256 })).toHaveLength(2);
  });
});
