// Many encodings at once: rows of equal length, or rows back to back.

import type { Encoding } from './encoding.js';

/** Rows of ids back to back: row r is ids[rowSplits[r]] to ids[rowSplits[r + 1] - 1]. */
export interface RaggedIds {
  readonly ids: Int32Array | Uint16Array;
  readonly rowSplits: Int32Array; // [rows + 1]
}

/** Rows of equal length, each array [rows × columns], ready for a two-dimensional tensor. */
export interface BatchEncoding {
  readonly rows: number;
  readonly columns: number;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  readonly attentionMask: Int32Array;
  /** The number of the text that each row comes from: a text with further windows has several rows. */
  readonly texts: Int32Array; // [rows]
  readonly encodings: readonly Encoding[]; // [rows]
}

/** @param encodings one a text, padded; their further windows become rows of their own */
export function joinBatch(encodings: readonly Encoding[]): BatchEncoding {
  const rows = encodings.flatMap((encoding) => [encoding, ...encoding.overflowing]);
  const columns = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const texts = encodings.flatMap((encoding, text) =>
    new Array<number>(1 + encoding.overflowing.length).fill(text),
  );
  const join = (field: 'ids' | 'typeIds' | 'attentionMask') => {
    const matrix = new Int32Array(rows.length * columns);
    for (const [row, encoding] of rows.entries()) matrix.set(encoding[field], row * columns);
    return matrix;
  };
  return {
    rows: rows.length,
    columns,
    ids: join('ids'),
    typeIds: join('typeIds'),
    attentionMask: join('attentionMask'),
    texts: Int32Array.from(texts),
    encodings: rows,
  };
}
