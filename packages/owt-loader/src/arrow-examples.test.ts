import { describe, expect, test } from '@jest/globals';
import { ExampleFormat } from './arrow-examples.js';
import { type ExampleColumns, ExampleSink } from './example-columns.js';

const special = { pad: 0, cls: 1, sep: 2 };

/** Rows of 1 to `rows` tokens that begin with `first`. */
function columnsOf(layout: ExampleFormat['layout'], rows: number, first: number): ExampleColumns {
  const sink = new ExampleSink(layout.length, layout.vocabularySize, special);
  const tokens = Int32Array.from({ length: rows }, (_, i) => first + i);
  for (let row = 1; row <= rows; row++) sink.add(tokens, 0, row, tokens, 0, row % 3, 7 * row);
  return sink.columns();
}

describe.each([
  ['narrow', { length: 24, vocabularySize: 30_522 }],
  ['wide', { length: 300, vocabularySize: 119_547 }],
])('record batches, %s', (_, layout) => {
  test('are those of a writer that has written nothing before, whatever this one has', () => {
    const format = new ExampleFormat(layout);
    for (const [rows, first] of [
      [9, 100],
      [9, 500],
      [4, 900],
      [9, layout.vocabularySize - 9],
    ] as const) {
      const columns = columnsOf(layout, rows, first);
      const fresh = new ExampleFormat(layout).encode(columns);
      expect(Buffer.from(format.encode(columns)).equals(fresh)).toBe(true);
      expect(format.decode(fresh)).toEqual(columns);
    }
  });
});
