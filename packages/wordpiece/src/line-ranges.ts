// A file cut into ranges of bytes whose lines are read apart: a line belongs to the range that holds its
// first byte, so nobody has to look for line ends before the work is shared out. Node only.

const LINE_FEED = 10;
const BLOCK = 1 << 16;

/** Bytes [from, to) of a file. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** Ranges of `size` bytes that cover a file of `length`. */
export function* lineRanges(length: number, size: number): Generator<LineRange> {
  const step = Math.max(1, Math.floor(size));
  for (let from = 0; from < length; from += step) yield { from, to: Math.min(from + step, length) };
}

/** Reads the lines of ranges of one file. Its descriptor is open as long as its worker thread, which closes it. */
export class LineReader {
  readonly #fs: typeof import('node:fs');
  readonly #file: number;
  #buffer: Uint8Array = new Uint8Array(BLOCK);

  constructor(path: string) {
    this.#fs = globalThis.process.getBuiltinModule('node:fs');
    this.#file = this.#fs.openSync(path, 'r');
  }

  /** The lines that start in the range, with their line feeds; valid until the next call. */
  read({ from, to }: LineRange): Uint8Array {
    // the byte before tells whether a line starts right at `from`
    const before = from > 0 ? 1 : 0;
    let length = this.#fill(0, from - before, to - from + before);
    let start = 0;
    if (before > 0) {
      start = this.#buffer.subarray(0, length).indexOf(LINE_FEED) + 1;
      if (start === 0 || start === length) return this.#buffer.subarray(0, 0);
    }
    // the last line may go on behind the range
    let at = to;
    while (this.#buffer[length - 1] !== LINE_FEED) {
      const more = this.#fill(length, at, BLOCK);
      if (more === 0) break;
      const end = this.#buffer.subarray(length, length + more).indexOf(LINE_FEED) + 1;
      length += end > 0 ? end : more;
      at += more;
    }
    return this.#buffer.subarray(start, length);
  }

  /** Reads up to `count` bytes of the file from `position` to the buffer's place `at`; how many there were. */
  #fill(at: number, position: number, count: number): number {
    if (at + count > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(at + count, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    let done = 0;
    while (done < count) {
      const read = this.#fs.readSync(
        this.#file,
        this.#buffer,
        at + done,
        count - done,
        position + done,
      );
      if (read === 0) break;
      done += read;
    }
    return done;
  }
}
