// Which documents contain a piece of an evaluation set: 13 words in a row as Megatron's recipe for OpenWebText
// has it, or the whole of an evaluation text of 8 to 12 words. Shorter texts are common phrases and say nothing.
//
// Words are runs of letters and digits without regard to case. Sequences are kept as 64-bit hashes in one table
// that threads share; a false alarm has a probability of about 1e-12 a word for a million of them.

import { mix32 } from './mix.js';

const LONGEST = 13;
const SHORTEST = 8;
const EMPTY = 0;

/** Plain data, so that it can be given to worker threads: the table is in shared memory. */
export interface Contamination {
  /** Two words a slot, 0, 0 is empty. */
  readonly slots: Uint32Array;
  /** Lengths of sequences that occur. */
  readonly lengths: readonly number[];
}

/** Prepares the sequences of evaluation texts. */
export function contamination(texts: Iterable<string>): Contamination {
  const keys: number[] = [];
  const lengths = new Set<number>();
  for (const text of texts) {
    const words = wordHashes(text);
    if (words.length < SHORTEST) continue;
    const length = Math.min(LONGEST, words.length);
    lengths.add(length);
    eachSequence(words, length, (high, low) => {
      keys.push(high, low);
      return false;
    });
  }
  const capacity = Math.max(16, keys.length); // half full at most
  const slots = new Uint32Array(new SharedArrayBuffer(8 * capacity));
  for (let i = 0; i < keys.length; i += 2) find(slots, keys[i] ?? 0, keys[i + 1] ?? 0, true);
  return { slots, lengths: [...lengths].sort((a, b) => a - b) };
}

/** Whether a text holds one of the sequences. */
export function isContaminated(text: string, { slots, lengths }: Contamination): boolean {
  const words = wordHashes(text);
  return lengths.some((length) =>
    eachSequence(words, length, (high, low) => find(slots, high, low, false)),
  );
}

/** Calls `visit` with the hash of each sequence of `length` words until it returns true. */
function eachSequence(
  words: readonly number[],
  length: number,
  visit: (high: number, low: number) => boolean,
): boolean {
  // Two polynomial hashes modulo 2^32 that roll along the words.
  let [high, low, dropHigh, dropLow] = [0, 0, 1, 1];
  for (let i = 0; i < length; i++) {
    dropHigh = Math.imul(dropHigh, 0x01000193);
    dropLow = Math.imul(dropLow, 0x9e3779b1);
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    high = (Math.imul(high, 0x01000193) + word) | 0;
    low = (Math.imul(low, 0x9e3779b1) + word) | 0;
    if (i >= length) {
      const old = words[i - length] ?? 0;
      high = (high - Math.imul(dropHigh, old)) | 0;
      low = (low - Math.imul(dropLow, old)) | 0;
    }
    if (i >= length - 1 && visit(mix32(high + length), mix32(low))) return true;
  }
  return false;
}

function wordHashes(text: string): number[] {
  const hashes: number[] = [];
  let hash = 0;
  for (let i = 0; i <= text.length; i++) {
    let code = i < text.length ? text.charCodeAt(i) : 32;
    if (code >= 65 && code <= 90) code |= 32;
    const inWord = (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 0xbf;
    if (inWord && !(code >= 0x2000 && code <= 0x206f)) {
      hash = Math.imul(hash ^ code, 0x01000193) + 0x7f4a7c15;
    } else if (hash !== 0) {
      hashes.push(mix32(hash));
      hash = 0;
    }
  }
  return hashes;
}

/** Looks a hash up, or puts it in. */
function find(slots: Uint32Array, high: number, low: number, insert: boolean): boolean {
  const capacity = slots.length / 2;
  const key = high === EMPTY && low === EMPTY ? 1 : low;
  let slot = (key ^ Math.imul(high, 0x9e3779b1)) >>> 0;
  slot %= capacity;
  for (;;) {
    const h = slots[2 * slot];
    const l = slots[2 * slot + 1];
    if (h === EMPTY && l === EMPTY) break;
    if (h === high && l === key) return true;
    slot = slot + 1 === capacity ? 0 : slot + 1;
  }
  if (insert) {
    slots[2 * slot] = high;
    slots[2 * slot + 1] = key;
  }
  return false;
}
