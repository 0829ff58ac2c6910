import { expect, test } from '@jest/globals';
import { partsOf, rowsOf } from './batch-parts.js';
import type { HostTensors } from './training-task.js';

const batch = (rows: number): HostTensors => ({
  ids: {
    ...{ dtype: 'int32', shape: [rows, 2] },
    data: Int32Array.from({ length: 2 * rows }, (_, i) => i),
  },
  label: {
    dtype: 'float32',
    shape: [rows],
    data: Float32Array.from({ length: rows }, (_, i) => i),
  },
});

test.each([
  [
    4,
    [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ],
    [
      [0, 1],
      [2, 3],
    ],
  ],
  [
    5,
    [
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9],
    ],
    [
      [0, 1, 2],
      [3, 4],
    ],
  ],
  [
    2,
    [
      [0, 1],
      [2, 3],
    ],
    [[0], [1]],
  ],
])('%d rows are two parts in the same memory, a larger one first', (rows, ids, labels) => {
  const whole = batch(rows);
  const parts = partsOf(whole);
  expect(parts.map((part) => [...(part.ids?.data ?? [])])).toEqual(ids);
  expect(parts.map((part) => [...(part.label?.data ?? [])])).toEqual(labels);
  for (const [at, { ids: part, label }] of parts.entries()) {
    expect(part?.data.buffer).toBe(whole.ids?.data.buffer);
    expect([part?.shape, label?.shape]).toEqual([[labels[at]?.length, 2], [labels[at]?.length]]);
  }
});

test('fewer rows are one part', () => {
  const [one, none] = [batch(1), batch(0)];
  expect(partsOf(one)).toEqual([one]);
  expect(partsOf(none)).toEqual([none]);
});

test('a tensor that has other rows is named', () => {
  const scalar = { dtype: 'float32', shape: [], data: Float32Array.of(1) } as const;
  expect(() => rowsOf({ ...batch(2), scale: scalar })).toThrow(
    'trainer: a batch cannot be cut into parts: "scale" is [], "ids" is [2,2]: expected as many rows',
  );
});

test('data that do not fit their shape still do not once they are cut', () => {
  const { label } = batch(4);
  const long = { dtype: 'float32' as const, shape: [4], data: new Float32Array(5) };
  const lengths = partsOf({ label: { ...label, ...long } }).map(({ label }) => label?.data.length);
  expect(lengths).toEqual([2, 3]);
});
