// Reads the next word of a JavaScript string as normalized UTF-8: cleaned, stripped, lowercased,
// split at white space, punctuation and Chinese characters, all by one table look-up a code point.

import {
  type Behaviour,
  BLOCK_BITS,
  COMBINE,
  HANGUL,
  ISOLATE,
  KEEP,
  MAP,
  SPACE,
} from './behaviour.js';
import { decomposeHangul } from './code-points.js';

const BLOCK_MASK = (1 << BLOCK_BITS) - 1;
const REPLACEMENT = 0xfffd;

export class WordReader {
  /** The word that was read, UTF-8, `length` bytes. */
  bytes: Uint8Array = new Uint8Array(512);
  length = 0;
  /** Its code points. Beyond the limit they are counted, but no bytes are kept. */
  characters = 0;
  /** Its UTF-16 range in the text, removed characters at either side left out. */
  start = 0;
  end = 0;
  /** UTF-16 range in the text of the code point that each byte came from; written when aligning. */
  from: Int32Array = new Int32Array(512);
  to: Int32Array = new Int32Array(512);
  aligning = false;
  /** Whether characters may have been reordered since it was last set to false. */
  reordered = false;

  readonly #blocks: Uint16Array;
  readonly #entries: Uint32Array;
  readonly #pool: Uint8Array;
  readonly #limit: number;
  /** Non-starters at the end of the word that are not in order yet, and the ranks of their classes. */
  readonly #run: { at: number; size: number; rank: number }[] = [];

  /** @param limit code points of a word to keep */
  constructor({ blocks, entries, pool }: Behaviour, limit: number) {
    this.#blocks = blocks;
    this.#entries = entries;
    this.#pool = pool;
    this.#limit = limit;
  }

  /**
   * Reads one word of `text` from UTF-16 position `at`, not beyond `stop`.
   *
   * @returns the position after it; `characters` is 0 if there was none
   */
  read(text: string, at: number, stop: number): number {
    this.length = 0;
    this.characters = 0;
    const end = this.#scan(text, at, stop);
    this.#endRun();
    return end;
  }

  #scan(text: string, at: number, stop: number): number {
    const blocks = this.#blocks;
    const entries = this.#entries;
    let i = at;
    while (i < stop) {
      const start = i;
      let c = text.charCodeAt(i++);
      if ((c & 0xf800) === 0xd800) {
        const low = i < stop && c < 0xdc00 ? text.charCodeAt(i) : 0;
        if ((low & 0xfc00) === 0xdc00) {
          c = ((c - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
          i++;
        } else {
          c = REPLACEMENT;
        }
      }
      const entry = entries[(blocks[c >>> BLOCK_BITS] << BLOCK_BITS) | (c & BLOCK_MASK)];
      const kind = entry & 7;
      if (kind === KEEP) {
        this.#append(c, start, i);
      } else if (kind === MAP) {
        this.#appendPool(entry, start, i);
      } else if (kind === SPACE) {
        if (this.characters > 0) return i;
      } else if (kind === ISOLATE) {
        if (this.characters > 0) return start;
        if (entry >>> 3) this.#appendPool(entry, start, i);
        else this.#append(c, start, i);
        return i;
      } else if (kind === HANGUL) {
        for (const jamo of decomposeHangul(c)) this.#append(jamo, start, i);
      } else if (kind === COMBINE) {
        this.reordered = true;
        this.#combine(entry, start, i);
      } else if (entry >>> 3) {
        this.#endRun();
      }
    }
    return i;
  }

  #append(c: number, start: number, end: number): void {
    if (this.#run.length > 0) this.#endRun();
    const at = this.length;
    if (at + 4 > this.bytes.length) this.#grow();
    const bytes = this.bytes;
    let n = at;
    if (c < 0x80) {
      bytes[n++] = c;
    } else if (c < 0x800) {
      bytes[n++] = 0xc0 | (c >> 6);
      bytes[n++] = 0x80 | (c & 63);
    } else if (c < 0x10000) {
      bytes[n++] = 0xe0 | (c >> 12);
      bytes[n++] = 0x80 | ((c >> 6) & 63);
      bytes[n++] = 0x80 | (c & 63);
    } else {
      bytes[n++] = 0xf0 | (c >> 18);
      bytes[n++] = 0x80 | ((c >> 12) & 63);
      bytes[n++] = 0x80 | ((c >> 6) & 63);
      bytes[n++] = 0x80 | (c & 63);
    }
    this.#appended(at, n, 1, start, end);
  }

  #appendPool(entry: number, start: number, end: number): void {
    if (this.#run.length > 0) this.#endRun();
    const at = this.length;
    if (at + 32 > this.bytes.length) this.#grow();
    const length = (entry >>> 3) & 31;
    const place = entry >>> 11;
    for (let k = 0; k < length; k++) this.bytes[at + k] = this.#pool[place + k];
    this.#appended(at, at + length, (entry >>> 8) & 7, start, end);
  }

  /** Bookkeeping for the bytes [at, n). */
  #appended(at: number, n: number, characters: number, start: number, end: number): void {
    if (this.characters === 0) this.start = start;
    this.end = end;
    this.characters += characters;
    if (this.characters > this.#limit) return;
    if (this.aligning) {
      for (let k = at; k < n; k++) {
        this.from[k] = start;
        this.to[k] = end;
      }
    }
    this.length = n;
  }

  /** Appends text with non-starters. */
  #combine(entry: number, start: number, end: number): void {
    const stop = (entry >>> 11) + ((entry >>> 3) & 31);
    let place = entry >>> 11;
    while (place < stop) {
      const rank = this.#pool[place++];
      const lead = this.#pool[place];
      const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      if (rank === 0) this.#endRun();
      const at = this.length;
      if (at + 4 > this.bytes.length) this.#grow();
      for (let k = 0; k < size; k++) this.bytes[at + k] = this.#pool[place + k];
      place += size;
      this.#appended(at, at + size, 1, start, end);
      if (rank > 0 && this.length > at) this.#run.push({ at, size, rank });
    }
  }

  /** Sorts the non-starters at the end of the word by their classes. Places in the text stay in their order. */
  #endRun(): void {
    const run = this.#run;
    if (run.length > 1) {
      const [{ at: first }] = run;
      const bytes = this.bytes.slice(first, this.length);
      let target = first;
      for (const { at, size } of run.sort((a, b) => a.rank - b.rank)) {
        this.bytes.set(bytes.subarray(at - first, at - first + size), target);
        target += size;
      }
    }
    run.length = 0;
  }

  #grow(): void {
    const size = this.bytes.length * 2;
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes);
    this.bytes = bytes;
    for (const name of ['from', 'to'] as const) {
      const places = new Int32Array(size);
      places.set(this[name]);
      this[name] = places;
    }
  }
}
