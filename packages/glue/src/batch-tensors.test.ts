import { describe, expect, test } from '@jest/globals';
import { batchTensors } from './batch-tensors.js';
import type { EncodedExample } from './encode-examples.js';

const example = (index: number, length: number, label = 0): EncodedExample => ({
  index,
  ids: Int32Array.from({ length }, (_, i) => 100 * index + i + 1),
  typeIds: Int32Array.from({ length }, (_, i) => (i < 2 ? 0 : 1)),
  label,
});

describe('batchTensors', () => {
  const tensors = batchTensors(
    { rows: 3, width: 4, examples: [example(0, 4, 2), example(1, 3)] },
    { padId: 9, isRegression: false },
  );
  const plain = Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, [...data]]),
  );

  test('pads with the id of padding, mask 0 and segment 0', () => {
    expect(plain.inputIds.slice(0, 8)).toEqual([1, 2, 3, 4, 101, 102, 103, 9]);
    expect(plain.attentionMask.slice(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(plain.tokenTypeIds.slice(0, 8)).toEqual([0, 0, 1, 1, 0, 0, 1, 0]);
  });

  test('repeats the first example in rows that weigh nothing', () => {
    expect(plain.inputIds.slice(8)).toEqual([1, 2, 3, 4]);
    expect(plain.weights).toEqual([1, 1, 0]);
    expect(plain.labels).toEqual([2, 0, 0]);
    expect(tensors.labels.dtype).toBe('int32');
  });

  test('keeps scores as they are', () => {
    const { labels } = batchTensors(
      { rows: 1, width: 4, examples: [example(0, 4, 3.25)] },
      { padId: 0, isRegression: true },
    );
    expect(labels).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(3.25) });
  });
});
