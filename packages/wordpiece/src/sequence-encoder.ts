// One text to tokens: added tokens are taken out first, the engine does what lies between them.

import { type RegisteredToken, TokenMatcher } from './added-tokens.js';
import { buildSplitter, type NormalizerOptions } from './behaviour.js';
import { ByteEngine } from './byte-engine.js';
import { normalizeText } from './normalizer.js';
import { TextEngine, type WordPieceModel } from './text-engine.js';

const encoder = new TextEncoder();
/** UTF-16 units up to which a call into WebAssembly does not pay. */
const SHORT = 16;
/** UTF-16 units from which places would take much memory for ever. */
const LONG = 1 << 20;

/** Ids of many texts, back to back: row r is ids[splits[r]] to ids[splits[r + 1] - 1]. */
export interface RowIds {
  readonly ids: Int32Array | Uint16Array;
  readonly splits: Uint32Array;
  readonly rows: number;
}

export class SequenceEncoder {
  /** Where the tokens gather. */
  readonly engine: TextEngine;
  readonly #model: WordPieceModel;
  readonly #normalizer: NormalizerOptions;
  #raw: TokenMatcher = new TokenMatcher([]);
  #normalized: TokenMatcher = new TokenMatcher([]);
  #hasOrdinary = false;
  #splitter: TextEngine | undefined;
  #bytes: ByteEngine | undefined;

  /** @param fast use the WebAssembly engine where it can run */
  constructor(model: WordPieceModel, normalizer: NormalizerOptions, fast: boolean) {
    this.engine = new TextEngine(model);
    this.#bytes = fast ? ByteEngine.create(model) : undefined;
    this.#model = model;
    this.#normalizer = normalizer;
  }

  /** Replaces the added tokens. */
  setAddedTokens(tokens: readonly RegisteredToken[]): void {
    const raw = tokens.filter((token) => !token.normalized);
    const normalized = tokens.filter((token) => token.normalized);
    this.#raw = new TokenMatcher(raw.map((token) => [token.content, token]));
    this.#normalized = new TokenMatcher(
      normalized.map((token) => [this.normalize(token.content), token]),
    );
    this.#hasOrdinary = tokens.some((token) => !token.special);
  }

  /** Whether a text can go to an engine as it stands. */
  isPlain(text: string, splitSpecialTokens: boolean): boolean {
    if (splitSpecialTokens && !this.#hasOrdinary) return true;
    return this.#normalized.isEmpty && this.#raw.find(text, splitSpecialTokens).length === 0;
  }

  normalize(text: string): string {
    return normalizeText(text, this.#normalizer, this.#model.behaviour).text;
  }

  /** Appends the tokens of `text` to the engine's, words counted from 0. */
  append(text: string, splitSpecialTokens: boolean): void {
    const { engine } = this;
    engine.wordCount = 0;
    if (splitSpecialTokens && !this.#hasOrdinary) {
      this.#appendPiece(text, 0, text.length, true);
      return;
    }
    let at = 0;
    for (const { token, start, end } of this.#raw.find(text, splitSpecialTokens)) {
      this.#appendPiece(text, at, start, splitSpecialTokens);
      engine.push(token.id, start, end);
      at = end;
    }
    this.#appendPiece(text, at, text.length, splitSpecialTokens);
  }

  #appendPiece(text: string, start: number, stop: number, splitSpecialTokens: boolean): void {
    if (start >= stop) return;
    const { engine } = this;
    if (!this.#normalized.isEmpty) {
      this.#appendNormalized(text, start, stop, splitSpecialTokens);
      return;
    }
    const fast = this.#bytes;
    if (fast && stop - start > SHORT) {
      if (!engine.aligning) {
        this.#appendFast(fast, text, start, stop);
        return;
      }
      if (this.#appendAligned(fast, text, start, stop)) return;
    }
    const { length, wordCount } = engine;
    const isExact = engine.encode(text, start, stop);
    if (isExact) return;
    engine.length = length;
    engine.wordCount = wordCount;
    this.#appendNormalized(text, start, stop, splitSpecialTokens);
  }

  /** Encodes the lines of some UTF-8, special tokens taken as text; valid until the next call. */
  encodeLines(bytes: Uint8Array, isWide: boolean): RowIds {
    const fast = this.#bytes;
    if (!fast || this.#hasOrdinary) {
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      const lines = text.split('\n');
      if (lines[lines.length - 1] === '') lines.pop();
      return this.encodeTexts(lines, isWide);
    }
    fast.reserve(bytes.length, bytes.length >> 6);
    fast.input.set(bytes);
    let rows = fast.splitLines(bytes.length);
    if (rows > fast.ends.length) {
      fast.reserve(bytes.length, rows);
      fast.input.set(bytes);
      rows = fast.splitLines(bytes.length);
    }
    fast.encodeRows(rows, isWide, true);
    return { ids: fast.output, splits: fast.splits, rows };
  }

  /** Encodes texts, special tokens taken as text; valid until the next call. */
  encodeTexts(texts: readonly string[], isWide: boolean): RowIds {
    const fast = this.#bytes;
    if (!fast || this.#hasOrdinary) return this.#encodeSlowly(texts, isWide);
    let units = 0;
    for (let row = 0; row < texts.length; row++) units += texts[row].length;
    fast.reserve(3 * units, texts.length);
    let at = 0;
    for (let row = 0; row < texts.length; row++) {
      at += encoder.encodeInto(texts[row], fast.input.subarray(at)).written;
      fast.ends[row] = at;
    }
    fast.encodeRows(texts.length, isWide);
    return { ids: fast.output, splits: fast.splits, rows: texts.length };
  }

  #encodeSlowly(texts: readonly string[], isWide: boolean): RowIds {
    const { engine } = this;
    engine.reset(false);
    const splits = new Uint32Array(texts.length + 1);
    for (const [row, text] of texts.entries()) {
      this.append(text, true);
      splits[row + 1] = engine.length;
    }
    const ids = isWide ? engine.ids : Uint16Array.from(engine.ids.subarray(0, engine.length));
    return { ids, splits, rows: texts.length };
  }

  #appendFast(bytes: ByteEngine, text: string, start: number, stop: number): void {
    const piece = start === 0 && stop === text.length ? text : text.slice(start, stop);
    bytes.reserve(3 * piece.length, 1);
    bytes.ends[0] = encoder.encodeInto(piece, bytes.input).written;
    this.engine.append(bytes.output, bytes.encodeRows(1, true));
  }

  /** Appends tokens with their places; false, and nothing, if the text has to be done here. */
  #appendAligned(bytes: ByteEngine, text: string, start: number, stop: number): boolean {
    if (!bytes.canAlign || stop - start > LONG) return false;
    const piece = start === 0 && stop === text.length ? text : text.slice(start, stop);
    bytes.reserve(3 * piece.length, 1, true);
    const count = bytes.encodeAligned(encoder.encodeInto(piece, bytes.input).written);
    if (count < 0) return false;
    this.engine.appendPlaced(bytes, count, start);
    return true;
  }

  /** The way through the normalized text: for tokens that are looked for in it, and for reordered marks. */
  #appendNormalized(text: string, start: number, stop: number, splitSpecialTokens: boolean): void {
    const source = normalizeText(text, this.#normalizer, this.#model.behaviour, start, stop);
    this.#splitter ??= new TextEngine({ ...this.#model, behaviour: buildSplitter() });
    const { engine } = this;
    const splitter = this.#splitter;
    const appendWords = (from: number, to: number) => {
      splitter.reset(true);
      splitter.encode(source.text, from, to);
      for (let t = 0; t < splitter.length; t++) {
        const place = source.from[splitter.starts[t]];
        const end = source.to[splitter.ends[t] - 1];
        engine.pushPiece(splitter.ids[t], place, end, splitter.words[t]);
      }
      engine.wordCount += splitter.wordCount;
    };
    let at = 0;
    for (const match of this.#normalized.find(source.text, splitSpecialTokens)) {
      appendWords(at, match.start);
      engine.push(match.token.id, source.from[match.start], source.to[match.end - 1]);
      at = match.end;
    }
    appendWords(at, source.text.length);
  }
}
