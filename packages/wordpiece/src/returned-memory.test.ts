import { expect, test } from '@jest/globals';
import { placedIn } from './returned-memory.js';

const rowsOf = (ids: Int32Array | Uint16Array) => ({
  ids,
  rowSplits: Int32Array.of(0, 1, ids.length),
});

test.each([Int32Array, Uint16Array])('rows of %p take the memory of others that fits', (Ids) => {
  const first = placedIn(undefined, rowsOf(Ids.of(1, 2, 3, 4, 5, 6, 7, 8)));
  const second = placedIn(first, rowsOf(Ids.of(9, 8, 7, 6, 5, 4, 3, 2, 1)));
  expect(second).toEqual(rowsOf(Ids.of(9, 8, 7, 6, 5, 4, 3, 2, 1)));
  expect(second.ids.buffer).toBe(first.ids.buffer);
  expect(second.rowSplits.buffer).toBe(first.rowSplits.buffer);
  const longer = rowsOf(new Ids(100).fill(5));
  const third = placedIn(second, longer);
  expect(third).toEqual(longer);
  expect(third.ids.buffer).not.toBe(first.ids.buffer);
  expect(third.rowSplits.buffer).toBe(first.rowSplits.buffer);
  expect(placedIn(third, rowsOf(Ids.of(3))).ids).toEqual(Ids.of(3));
});
