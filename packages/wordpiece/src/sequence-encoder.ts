// One text to tokens: added tokens are taken out first, the engine does what lies between them.

import { type RegisteredToken, TokenMatcher } from './added-tokens.js';
import { buildSplitter, type NormalizerOptions } from './behaviour.js';
import { ByteEngine, type EngineModule } from './byte-engine.js';
import { normalizeText } from './normalizer.js';
import { TextEngine, type Tokens, type WordPieceModel } from './text-engine.js';

const encoder = new TextEncoder();
/** UTF-16 units up to which a call into WebAssembly does not pay. */
const SHORT = 16;
/** UTF-16 units that go into WebAssembly at once; its memory grows with them and never shrinks. */
const LONG = 1 << 16;
/** UTF-16 units of many texts that do. */
const LONG_ROWS = 1 << 20;
/** Bytes of a line that WebAssembly's four gigabytes cannot hold with their ids. */
const HUGE = 1 << 28;

/** Ids of many texts, back to back: row r is ids[splits[r]] to ids[splits[r + 1] - 1]. */
export interface RowIds {
  readonly ids: Int32Array | Uint16Array;
  readonly splits: Uint32Array;
  readonly rows: number;
}

/** All that an encoder is made from; it can be sent to a worker thread. */
export interface EncoderBlueprint {
  readonly model: WordPieceModel;
  readonly normalizer: NormalizerOptions;
  /** Of the WebAssembly engine, if it is to be used and can run. */
  readonly module: EngineModule | undefined;
  readonly added: readonly RegisteredToken[];
}

export class SequenceEncoder {
  /** Of the tokens that `encode` gave last, those of the text; the rest are the pair's. */
  first = 0;
  /** Where the tokens of several engines gather. */
  readonly #engine: TextEngine;
  readonly #blueprint: Omit<EncoderBlueprint, 'added'>;
  #added: readonly RegisteredToken[] = [];
  #raw: TokenMatcher = new TokenMatcher([]);
  #normalized: TokenMatcher = new TokenMatcher([]);
  #hasOrdinary = false;
  #splitter: TextEngine | undefined;
  #bytes: ByteEngine | undefined;

  constructor({ added, ...blueprint }: EncoderBlueprint) {
    const { model, module } = blueprint;
    this.#engine = new TextEngine(model);
    this.#bytes = ByteEngine.create(model, module);
    this.#blueprint = blueprint;
    this.setAddedTokens(added);
  }

  get blueprint(): EncoderBlueprint {
    return { ...this.#blueprint, added: this.#added };
  }

  /** Replaces the added tokens. */
  setAddedTokens(tokens: readonly RegisteredToken[]): void {
    this.#added = tokens;
    const raw = tokens.filter((token) => !token.normalized);
    const normalized = tokens.filter((token) => token.normalized);
    this.#raw = new TokenMatcher(raw.map((token) => [token.content, token]));
    this.#normalized = new TokenMatcher(
      normalized.map((token) => [this.normalize(token.content), token]),
    );
    this.#hasOrdinary = tokens.some((token) => !token.special);
  }

  normalize(text: string): string {
    const { normalizer, model } = this.#blueprint;
    return normalizeText(text, normalizer, model.behaviour).text;
  }

  /** The tokens of a text and its pair; valid until the next call. */
  encode(
    text: string,
    pair: string | undefined,
    splitSpecialTokens: boolean,
    aligning: boolean,
  ): Tokens {
    const whole =
      pair === undefined ? this.#encodeWhole(text, splitSpecialTokens, aligning) : undefined;
    if (whole) {
      this.first = whole.length;
      return whole;
    }
    const engine = this.#engine;
    engine.reset(aligning);
    this.#append(text, splitSpecialTokens);
    this.first = engine.length;
    if (pair !== undefined) this.#append(pair, splitSpecialTokens);
    return engine;
  }

  /** The usual case: a text in which no token has to be found, in one call. */
  #encodeWhole(text: string, splitSpecialTokens: boolean, aligning: boolean): Tokens | undefined {
    const fast = this.#bytes;
    if (!fast || text.length <= SHORT || text.length > LONG) return undefined;
    if (!splitSpecialTokens || this.#hasOrdinary) {
      if (!this.#normalized.isEmpty) return undefined;
      if (this.#raw.find(text, splitSpecialTokens).length > 0) return undefined;
    }
    return this.#encodeFast(fast, text, aligning) ? fast : undefined;
  }

  /** Appends the tokens of `text` to the engine's, words counted from 0. */
  #append(text: string, splitSpecialTokens: boolean): void {
    const engine = this.#engine;
    engine.wordCount = 0;
    if (splitSpecialTokens && !this.#hasOrdinary) {
      this.#appendPart(text, 0, text.length);
      return;
    }
    let at = 0;
    for (const { token, start, end } of this.#raw.find(text, splitSpecialTokens)) {
      this.#appendBetween(text, at, start, splitSpecialTokens);
      engine.push(token.id, start, end);
      at = end;
    }
    this.#appendBetween(text, at, text.length, splitSpecialTokens);
  }

  #appendBetween(text: string, start: number, stop: number, splitSpecialTokens: boolean): void {
    if (this.#normalized.isEmpty) this.#appendPart(text, start, stop);
    else if (start < stop) this.#appendNormalized(text, start, stop, splitSpecialTokens);
  }

  /** Appends the tokens of a part of a text, cut where it is long: no rule looks across a space. */
  #appendPart(text: string, start: number, stop: number): void {
    let at = start;
    while (stop - at > LONG) {
      const space = text.lastIndexOf(' ', at + LONG);
      if (space <= at) break;
      this.#appendPiece(text, at, space);
      at = space;
    }
    this.#appendPiece(text, at, stop);
  }

  #appendPiece(text: string, start: number, stop: number): void {
    const engine = this.#engine;
    const fast = this.#bytes;
    if (fast && stop - start > SHORT && stop - start <= LONG) {
      const piece = start === 0 && stop === text.length ? text : text.slice(start, stop);
      if (this.#encodeFast(fast, piece, engine.aligning)) {
        engine.append(fast, start);
        return;
      }
    }
    const { length, wordCount } = engine;
    const isExact = engine.encode(text, start, stop);
    if (isExact) return;
    engine.length = length;
    engine.wordCount = wordCount;
    this.#appendNormalized(text, start, stop, true);
  }

  /** Whether the WebAssembly engine could encode the text; its tokens are there then. */
  #encodeFast(fast: ByteEngine, text: string, aligning: boolean): boolean {
    if (aligning && !fast.canAlign) return false;
    fast.reserve(3 * text.length, 1, aligning);
    const { written } = encoder.encodeInto(text, fast.input);
    if (aligning) return fast.encodeAligned(written);
    fast.ends[0] = written;
    fast.encodeRows(1, true);
    return true;
  }

  /** Encodes the lines of some UTF-8, special tokens taken as text; valid until the next call. */
  encodeLines(bytes: Uint8Array, isWide: boolean): RowIds {
    const fast = this.#bytes;
    if (!fast || this.#hasOrdinary || bytes.length > HUGE) {
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      const lines = text.split('\n');
      if (lines[lines.length - 1] === '') lines.pop();
      return this.#encodeSlowly(lines, 0, lines.length, isWide);
    }
    fast.reserve(bytes.length, bytes.length >> 6);
    fast.input.set(bytes);
    const rows = fast.countLines(bytes.length);
    if (rows > fast.ends.length) {
      fast.reserve(bytes.length, rows);
      fast.input.set(bytes);
    }
    fast.encodeLines(bytes.length, rows, isWide);
    return { ids: fast.ids, splits: fast.splits, rows };
  }

  /** Encodes the texts [from, to), special tokens taken as text; valid until the next call. */
  encodeTexts(texts: readonly string[], from: number, to: number, isWide: boolean): RowIds {
    const fast = this.#bytes;
    let units = 0;
    for (let k = from; k < to; k++) units += texts[k].length;
    if (!fast || this.#hasOrdinary || units > LONG_ROWS)
      return this.#encodeSlowly(texts, from, to, isWide);
    fast.reserve(3 * units, to - from);
    let at = 0;
    for (let k = from; k < to; k++) {
      at += encoder.encodeInto(texts[k], fast.input.subarray(at)).written;
      fast.ends[k - from] = at;
    }
    fast.encodeRows(to - from, isWide);
    return { ids: fast.ids, splits: fast.splits, rows: to - from };
  }

  #encodeSlowly(texts: readonly string[], from: number, to: number, isWide: boolean): RowIds {
    const engine = this.#engine;
    engine.reset(false);
    const rows = to - from;
    const splits = new Uint32Array(rows + 1);
    for (let row = 0; row < rows; row++) {
      this.#append(texts[from + row], true);
      splits[row + 1] = engine.length;
    }
    const ids = isWide ? engine.ids : new Uint16Array(engine.ids.subarray(0, engine.length));
    return { ids, splits, rows };
  }

  /** The way through the normalized text: for tokens that are looked for in it, and for reordered marks. */
  #appendNormalized(text: string, start: number, stop: number, splitSpecialTokens: boolean): void {
    const { normalizer, model } = this.#blueprint;
    const source = normalizeText(text, normalizer, model.behaviour, start, stop);
    this.#splitter ??= new TextEngine({ ...model, behaviour: buildSplitter() });
    const engine = this.#engine;
    const splitter = this.#splitter;
    const appendWords = (from: number, to: number) => {
      splitter.reset(true);
      splitter.encode(source.text, from, to);
      for (let t = 0; t < splitter.length; t++) {
        const start = source.from[splitter.places[2 * t]];
        const end = source.to[splitter.places[2 * t + 1] - 1];
        engine.pushPiece(splitter.ids[t], start, end, splitter.words[t]);
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
