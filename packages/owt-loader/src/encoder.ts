// What the loader asks of a tokenizer, and a document's tokens as the builders see them.

/** Text to token ids, without special tokens and without truncation. */
export type Encode = (text: string) => ArrayLike<number>;

/** Several texts at once: the ids of text i are ids[rowSplits[i]] .. ids[rowSplits[i + 1]]. Faster where offered. */
export type EncodeBatch = (texts: readonly string[]) => {
  readonly ids: ArrayLike<number>;
  readonly rowSplits: ArrayLike<number>;
};

/**
 * The same for the lines of some UTF-8, each ended by a line feed; white space at their ends has no ids. The arrays may be
 * overwritten by the next call.
 */
export type EncodeLines = (utf8: Uint8Array) => {
  readonly ids: Int32Array | Uint16Array;
  readonly rowSplits: ArrayLike<number>;
};

/** A tokenizer. Of its ways the last one given is taken; they give the same ids. */
export interface Encoder {
  readonly encode: Encode;
  readonly encodeBatch?: EncodeBatch;
  /** Fastest: no string is made for a sentence. */
  readonly encodeLines?: EncodeLines;
}

/** One document's sentences as token ids in one array: sentence i is ids[ends[i - 1]] .. ids[ends[i]]. */
export interface Sentences {
  readonly ids: Int32Array | Uint16Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Tokens in all sentences. */
  readonly tokens: number;
}

/** Sentences with at least one token. Nothing is read at -1, which takes four times as long. */
export function countFilled({ ends, count }: Sentences): number {
  let filled = 0;
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = ends[i] ?? 0;
    if (end > start) filled++;
    start = end;
  }
  return filled;
}

/**
 * The best way of a tokenizer to encode lines; strings are made of them where it takes nothing else.
 *
 * @throws RangeError, when called, if `encodeBatch` gives another number of rows than of texts
 */
export function linesEncoder({ encode, encodeBatch, encodeLines }: Encoder): EncodeLines {
  if (encodeLines) return encodeLines;
  const batch = encodeBatch ?? oneByOne(encode);
  return (utf8) => {
    const lines = trimmedLines(utf8);
    const texts = lines.filter(Boolean);
    const { ids, rowSplits } = batch(texts);
    if (rowSplits.length !== texts.length + 1)
      throw new RangeError(
        `owt-loader: cannot use this tokenizer: encodeBatch gave ${rowSplits.length - 1} rows for ${texts.length} texts.\n` +
          'A row must come of each text, and of nothing else.',
      );
    let row = 0;
    const splits = Int32Array.from([0, ...lines.map((line) => rowSplits[line ? ++row : row] ?? 0)]);
    return { ids: Int32Array.from(ids), rowSplits: splits };
  };
}

function oneByOne(encode: Encode): EncodeBatch {
  return (texts) => {
    const rows = texts.map((text) => encode(text)); // it may take more arguments than a text
    const rowSplits = [0];
    for (const row of rows) rowSplits.push((rowSplits.at(-1) ?? 0) + row.length);
    const ids = new Int32Array(rowSplits.at(-1) ?? 0);
    rows.forEach((row, i) => {
      ids.set(row, rowSplits[i]);
    });
    return { ids, rowSplits };
  };
}

/** A string a line: a text of gigabytes may be too long for one of its own. */
function trimmedLines(utf8: Uint8Array): string[] {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.length);
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    lines.push(bytes.toString('utf8', from, end).trim());
    from = end + 1;
  }
  return lines;
}
