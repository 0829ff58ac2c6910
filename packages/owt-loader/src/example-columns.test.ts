import { expect, test } from '@jest/globals';
import { type ExampleColumns, ExampleSink } from './example-columns.js';

const SPECIAL = { pad: 0, cls: 2, sep: 3 };
const L = 16;

/** Rows of all of an array, in segments of five and four tokens. */
function rowsOf(
  ids: Int32Array | Uint16Array,
  { isHeld, vocabularySize }: { isHeld: boolean; vocabularySize: number },
): ExampleColumns {
  const sink = new ExampleSink(L, vocabularySize, SPECIAL, 1);
  if (isHeld) sink.hold(ids);
  for (let at = 0; at + 9 <= ids.length; at += 9) sink.add(ids, at, at + 5, ids, at + 5, at + 9);
  sink.add(ids, 0, Math.min(7, ids.length));
  return sink.columns();
}

test.each([
  [Uint16Array, 1000, 4000],
  [Uint16Array, 1000, 40_000], // more than is held
  [Int32Array, 100_000, 4000],
])('cuts the same rows of tokens that are held (%p, %d, %d)', (Ids, vocabularySize, count) => {
  const ids = new Ids(count).map((_, i) => 10 + ((i * 7919) % (vocabularySize - 10)));
  const rows = rowsOf(ids, { isHeld: true, vocabularySize });
  expect(rows).toEqual(rowsOf(ids, { isHeld: false, vocabularySize }));
  const first = [2, ...ids.subarray(0, 5), 3, ...ids.subarray(5, 9), 3, 0, 0, 0, 0];
  expect([...rows.ids.subarray(0, L)]).toEqual(first);
});

test('cuts tokens of another array, and of the next that is held', () => {
  const sink = new ExampleSink(L, 1000, SPECIAL);
  const [one, two] = [Uint16Array.of(11, 12, 13), Uint16Array.of(21, 22)];
  sink.hold(one);
  sink.add(one, 1, 3, two, 0, 2);
  sink.hold(two);
  sink.add(two, 1, 2, one, 0, 1);
  const { ids } = sink.columns();
  expect([...ids.subarray(0, 7)]).toEqual([2, 12, 13, 3, 21, 22, 3]);
  expect([...ids.subarray(L, L + 5)]).toEqual([2, 22, 3, 11, 3]);
});
