// The path for corpora: ids of many texts or lines back to back, without special tokens, special tokens in
// them taken as text; of UTF-8 without a string in between where possible.

import type { RaggedIds } from './batch-encoding.js';
import { RowCollector } from './row-collector.js';
import type { SequenceEncoder } from './sequence-encoder.js';

/** Bytes at a time: little enough for a processor's cache. */
const CHUNK = 1 << 17;
const LINE_FEED = 10;

export class CorpusEncoder {
  readonly #sequences: SequenceEncoder;
  readonly #collector = new RowCollector();

  constructor(sequences: SequenceEncoder) {
    this.#sequences = sequences;
  }

  /**
   * Encodes each line of `bytes`.
   *
   * Bytes that are no UTF-8 count as U+FFFD. A line feed at the very end does not start another line.
   *
   * @param reuse whether the result is only to hold until the next call
   */
  encodeLines(bytes: Uint8Array, isWide: boolean, reuse = false): RaggedIds {
    this.#collector.start(isWide, bytes.length);
    for (let at = 0; at < bytes.length; ) {
      const end = lineEnd(bytes, Math.min(at + CHUNK, bytes.length));
      const chunk = wellFormed(bytes.subarray(at, end));
      this.#collector.add(this.#sequences.encodeLines(chunk, isWide));
      at = end;
    }
    return this.#collector.finish(reuse);
  }

  /** Encodes each text. */
  encodeTexts(texts: readonly string[], isWide: boolean, reuse = false): RaggedIds {
    this.#collector.start(
      isWide,
      texts.reduce((sum, { length }) => sum + length, 0),
    );
    for (let row = 0; row < texts.length; ) {
      let end = row;
      let units = 0;
      do units += texts[end++].length;
      while (end < texts.length && units + texts[end].length <= CHUNK);
      this.#collector.add(this.#sequences.encodeTexts(texts, row, end, isWide));
      row = end;
    }
    return this.#collector.finish(reuse);
  }
}

/** The end of the line that holds the byte before `at`, or of the last whole line before it. */
function lineEnd(bytes: Uint8Array, at: number): number {
  if (at === bytes.length) return at;
  const before = bytes.subarray(at - CHUNK, at).lastIndexOf(LINE_FEED) + 1;
  if (before > 0) return at - CHUNK + before;
  const after = bytes.indexOf(LINE_FEED, at);
  return after < 0 ? bytes.length : after + 1;
}

/** The bytes, or their repaired copy if they are no UTF-8. */
function wellFormed(bytes: Uint8Array): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  return new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
}

function isUtf8(bytes: Uint8Array): boolean {
  const buffer = globalThis.process?.getBuiltinModule?.('node:buffer');
  if (buffer) return buffer.isUtf8(bytes);
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
