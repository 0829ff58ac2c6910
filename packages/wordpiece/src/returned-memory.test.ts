import { expect, test } from '@jest/globals';
import { placedIn } from './returned-memory.js';

const rowsOf = (ids: Int32Array | Uint16Array) => ({
  ids,
  rowSplits: Int32Array.of(0, 1, ids.length),
});
const buffersOf = ({ ids, rowSplits }: ReturnType<typeof placedIn>) =>
  [ids.buffer, rowSplits.buffer] as ArrayBuffer[];

test.each([Int32Array, Uint16Array])('rows of %p take the memory of others that fits', (Ids) => {
  const first = buffersOf(placedIn([], rowsOf(Ids.of(1, 2, 3, 4, 5, 6, 7, 8))));
  const second = placedIn(first, rowsOf(Ids.of(9, 8, 7, 6, 5, 4, 3, 2, 1)));
  expect(second).toEqual(rowsOf(Ids.of(9, 8, 7, 6, 5, 4, 3, 2, 1)));
  expect(buffersOf(second)[0]).toBe(first[0]);
  expect(buffersOf(second)[1]).toBe(first[1]);
  const longer = rowsOf(new Ids(100).fill(5));
  const third = placedIn(first, longer);
  expect(third).toEqual(longer);
  expect(third.ids.buffer).not.toBe(first[0]);
  expect(third.rowSplits.buffer).toBe(first[1]);
  expect(placedIn(buffersOf(third), rowsOf(Ids.of(3))).ids).toEqual(Ids.of(3));
});

test('the memory of one long line is not kept for short ones', () => {
  const large = new ArrayBuffer(1 << 27);
  expect(placedIn([large], rowsOf(Int32Array.of(1))).ids.buffer).not.toBe(large);
});
