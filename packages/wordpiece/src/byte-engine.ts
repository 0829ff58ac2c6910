// The WebAssembly engine's host side: memory layout, calls, and what to do where SIMD is missing.
//
// Memory: tables and caches (fixed) | row ends | row splits | input | output | places | words. All but the
// first grow with the longest batch; the last two are there once places were asked for.

import { ENGINE_MODULE } from './engine-module.js';
import { TextEngine, type Tokens, type WordPieceModel } from './text-engine.js';

interface EngineExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  configure(nodes: number, lengths: number, blocks: number, entries: number, pool: number): void;
  setModel(
    head: number,
    tail: number,
    unknown: number,
    longest: number,
    lowercase: boolean,
    idBits: number,
  ): void;
  tablesAt(): number;
  encodeRows(
    input: number,
    ends: number,
    splits: number,
    row: number,
    stop: number,
    output: number,
    wide: boolean,
    lines: boolean,
  ): number;
  encodeAligned(
    input: number,
    length: number,
    output: number,
    places: number,
    words: number,
  ): number;
  countLines(input: number, length: number): number;
}

/** Readable bytes behind the input; the engine loads 64 at a time. */
const SLACK = 128;
const PAGE = 65536;
const LINE_FEED = 10;
const NO_LENGTHS = new Uint16Array(0);

export class ByteEngine implements Tokens {
  /** Where the text goes, UTF-8. Valid until the next `reserve`. */
  input: Uint8Array = new Uint8Array(0);
  /** Tokens of the last call. */
  length = 0;
  /** In the width asked for. */
  ids: Int32Array | Uint16Array = new Int32Array(0);
  /** ids[splits[r]] is the first of row r. */
  splits: Uint32Array = new Uint32Array(0);
  /** Byte after each row of the input. */
  ends: Uint32Array = new Uint32Array(0);
  /** Of `encodeAligned`. */
  places: Int32Array = new Int32Array(0);
  words: Int32Array = new Int32Array(0);

  readonly #exports: EngineExports;
  readonly #model: WordPieceModel;
  readonly #fixed: number;
  #inputAt = 0;
  #outputAt = 0;
  #bytes = 0;
  #rows = 0;
  #hasPlaces = false;
  #isWide = true;
  #fallback: TextEngine | undefined;

  private constructor(model: WordPieceModel, exports: EngineExports) {
    this.#model = model;
    this.#exports = exports;
    this.#fixed = placeTables(model, exports);
    this.reserve(PAGE, 1024);
  }

  /** The engine, or undefined where there is no module or the limits are unusual. */
  static create(model: WordPieceModel, module: EngineModule | undefined): ByteEngine | undefined {
    if (!module || model.maxWordLength < 64 || model.maxWordLength > 4000) return undefined;
    return new ByteEngine(model, new webAssembly.Instance(module).exports);
  }

  /** Whether it can tell where tokens came from. */
  get canAlign(): boolean {
    return this.#model.pieceLengths !== undefined;
  }

  /** Makes room for so many bytes of text in so many rows, and for the places of their tokens. */
  reserve(bytes: number, rows: number, places = false): void {
    if (bytes <= this.#bytes && rows <= this.#rows && (!places || this.#hasPlaces)) return;
    this.#bytes = Math.max(this.#bytes, 2 ** Math.ceil(Math.log2(bytes)));
    this.#rows = Math.max(this.#rows, 2 ** Math.ceil(Math.log2(rows)));
    this.#hasPlaces ||= places;
    const { memory } = this.#exports;
    const endsAt = this.#fixed;
    const splitsAt = endsAt + 4 * this.#rows;
    const room = this.#bytes + SLACK;
    this.#inputAt = splitsAt + 4 * (this.#rows + 2);
    this.#outputAt = align(this.#inputAt + room);
    const placesAt = this.#outputAt + 4 * room;
    const wordsAt = placesAt + 8 * room;
    const size = this.#hasPlaces ? wordsAt + 4 * room : placesAt;
    const missing = size - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const { buffer } = memory;
    this.ends = new Uint32Array(buffer, endsAt, this.#rows);
    this.splits = new Uint32Array(buffer, splitsAt, this.#rows + 1);
    this.input = new Uint8Array(buffer, this.#inputAt, this.#bytes);
    this.ids = new Int32Array(buffer, this.#outputAt, room);
    this.#isWide = true;
    if (!this.#hasPlaces) return;
    this.places = new Int32Array(buffer, placesAt, 2 * room);
    this.words = new Int32Array(buffer, wordsAt, room);
  }

  /** Lines of the first `length` bytes of the input; a line feed at the very end does not start another one. */
  countLines(length: number): number {
    return this.#exports.countLines(this.#inputAt, length);
  }

  /** Encodes all lines of the first `length` bytes of the input, as `encodeRows` does rows. */
  encodeLines(length: number, lines: number, wide: boolean): void {
    if (lines > 0) this.ends[lines - 1] = length;
    let isDivided = false;
    this.#encode(lines, wide, true, (line) => {
      if (!isDivided) this.#divide(length);
      isDivided = true;
      this.#encodeHere(line);
    });
  }

  /**
   * Encodes the rows that `ends` divides the input into; sets `length`, `ids` and `splits`.
   *
   * @param wide 32-bit ids in an Int32Array; else 16-bit in a Uint16Array
   */
  encodeRows(rows: number, wide: boolean): void {
    this.#encode(rows, wide, false, (row) => this.#encodeHere(row));
  }

  #encode(rows: number, wide: boolean, lines: boolean, encodeHere: (row: number) => void): void {
    this.#setWidth(wide);
    const endsAt = this.#fixed;
    const splitsAt = endsAt + 4 * this.#rows;
    this.splits[0] = 0;
    let row = 0;
    for (;;) {
      row = this.#exports.encodeRows(
        this.#inputAt,
        endsAt,
        splitsAt,
        row,
        rows,
        this.#outputAt,
        wide,
        lines,
      );
      if (row >= rows) break;
      encodeHere(row);
      row++;
    }
    this.length = this.splits[rows];
  }

  /** Sets `ends` to the ends of the lines. */
  #divide(length: number): void {
    let line = 0;
    for (let end = 0; end < length; ) {
      const feed = this.input.indexOf(LINE_FEED, end);
      end = feed < 0 || feed >= length ? length : feed + 1;
      this.ends[line++] = end;
    }
  }

  /**
   * Encodes the first `length` bytes of the input with the places of their tokens; sets `length`, `ids`,
   * `places` and `words`. Room for places must be reserved.
   *
   * @returns false, and nothing, if this text is not for the module
   */
  encodeAligned(length: number): boolean {
    this.#setWidth(true);
    const { byteOffset: places } = this.places;
    const { byteOffset: words } = this.words;
    const count = this.#exports.encodeAligned(this.#inputAt, length, this.#outputAt, places, words);
    this.length = Math.max(0, count);
    return count >= 0;
  }

  #setWidth(wide: boolean): void {
    if (wide === this.#isWide) return;
    this.#isWide = wide;
    const { buffer } = this.#exports.memory;
    const room = this.#bytes + SLACK;
    this.ids = wide
      ? new Int32Array(buffer, this.#outputAt, room)
      : new Uint16Array(buffer, this.#outputAt, 2 * room);
  }

  /** A row with what the module leaves to the host. */
  #encodeHere(row: number): void {
    this.#fallback ??= new TextEngine(this.#model);
    const engine = this.#fallback;
    const bytes = this.input.slice(row > 0 ? this.ends[row - 1] : 0, this.ends[row]);
    engine.reset(false);
    engine.encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    const at = this.splits[row];
    this.ids.set(engine.ids.subarray(0, engine.length), at);
    this.splits[row + 1] = at + engine.length;
  }
}

/** Copies the tables in and tells the module where they are; returns the end of the fixed part. */
function placeTables(model: WordPieceModel, exports: EngineExports): number {
  const { trie, behaviour, unknown, maxWordLength, pieceLengths = NO_LENGTHS } = model;
  const { blocks: blockTable, entries: entryTable, pool: poolTable } = behaviour;
  const tables = [trie.nodes, pieceLengths, blockTable, entryTable, poolTable];
  let end = exports.tablesAt();
  const places = tables.map((table) => {
    const at = end;
    end = align(at + table.byteLength + 64);
    return at;
  });
  exports.memory.grow(Math.ceil((end - exports.memory.buffer.byteLength) / PAGE) + 1);
  const { buffer } = exports.memory;
  for (const [k, table] of tables.entries()) {
    new Uint8Array(buffer, places[k]).set(
      new Uint8Array(table.buffer, table.byteOffset, table.byteLength),
    );
  }
  const [nodes, lengths, blocks, entries, pool] = places;
  exports.configure(nodes, lengths, blocks, entries, pool);
  const idBits = model.idCount <= 65_536 ? 16 : 20;
  exports.setModel(trie.head, trie.tail, unknown, maxWordLength, model.lowercase, idBits);
  return end;
}

function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}

/** A compiled WebAssembly.Module; threads that are given it share its machine code. */
export type EngineModule = object;

/** The part of the WebAssembly API in use; the ECMAScript library types leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => EngineModule;
  readonly Instance: new (module: EngineModule) => { readonly exports: EngineExports };
}

const { WebAssembly: webAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

let compiled: EngineModule | undefined;
let isMissing = false;

/** The module, compiled at the first call; undefined where WebAssembly or its SIMD is missing. */
export function engineModule(): EngineModule | undefined {
  if (!compiled && !isMissing) {
    try {
      const bytes = Uint8Array.from(atob(ENGINE_MODULE), (c) => c.charCodeAt(0));
      compiled = new webAssembly.Module(bytes);
    } catch {
      isMissing = true; // the TypeScript engine gives the same ids
    }
  }
  return compiled;
}
