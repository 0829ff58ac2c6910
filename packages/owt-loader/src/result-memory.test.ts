import { expect, test } from '@jest/globals';
import type { ChunkResult } from './process-chunk.js';
import { placeResult } from './result-memory.js';

/** A result of so many documents with two examples of four tokens each, all arrays views of larger ones. */
function someResult(documents: number, Ids: typeof Uint16Array | typeof Uint32Array): ChunkResult {
  const rows = 2 * documents;
  let next = 0;
  const filled = <A extends Uint8Array | Uint16Array | Uint32Array>(array: A): A => {
    for (let i = 0; i < array.length; i++) array[i] = next++;
    return array.subarray(1, -1) as A; // of the same class
  };
  return {
    documents,
    identities: filled(new Uint32Array(2 * documents + 2)),
    characters: filled(new Uint32Array(documents + 2)),
    examples: filled(new Uint32Array(documents + 2)),
    contaminated: filled(new Uint8Array(documents + 2)),
    counts: filled(new Uint32Array(6 * documents + 2)),
    columns: {
      rows,
      ids: filled(new Ids(4 * rows + 2)),
      lengths: filled(new Uint16Array(rows + 2)),
      splits: filled(new Uint16Array(rows + 2)),
      documents: filled(new Uint32Array(rows + 2)),
    },
  };
}

const arraysOf = ({ columns, ...documents }: ChunkResult): ArrayBufferView[] =>
  [...Object.values(documents), ...Object.values(columns)].filter((part) =>
    ArrayBuffer.isView(part),
  );

test.each([Uint16Array, Uint32Array])('has the same arrays in one memory (%p)', (Ids) => {
  for (const documents of [0, 1, 3, 7]) {
    const result = someResult(documents, Ids);
    const { result: placed, memory } = placeResult(result);
    expect(placed).toEqual(result);
    for (const array of arraysOf(placed)) expect(array.buffer).toBe(memory);
    expect(arraysOf(placed)).toHaveLength(9);
  }
});

test('takes memory that came back if it fits, whatever is left in it', () => {
  const large = placeResult(someResult(9, Uint16Array));
  const small = placeResult(someResult(3, Uint16Array), large.memory);
  expect(small.memory).toBe(large.memory);
  expect(small.result).toEqual(someResult(3, Uint16Array));
  const larger = placeResult(someResult(20, Uint16Array), large.memory);
  expect(larger.memory).not.toBe(large.memory);
  expect(larger.result).toEqual(someResult(20, Uint16Array));
});

test('does not keep the memory of a huge result for small ones', () => {
  const huge = new ArrayBuffer(1 << 24);
  expect(placeResult(someResult(3, Uint16Array), huge).memory.byteLength).toBeLessThan(1000);
});
