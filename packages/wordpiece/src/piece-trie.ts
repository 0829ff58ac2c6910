// All pieces of a vocabulary as one trie over UTF-8 bytes, in a packed double array.
//
// Two roots: pieces that start a word, and pieces that continue one (their prefix removed). A child
// stands at base + byte and repeats that byte, so one 32-bit load both follows and checks an edge:
//   bits 0–7 byte (0xFF, which UTF-8 never uses, in empty cells) · bit 8 a piece ends here · bits 9–31 base of the children
// No two nodes share a base, so the byte alone proves the parent. Nodes without children have base 0:
// the first 256 cells are empty.

import { utf8Length } from './vocabulary.js';

const EMPTY = 0xff;
const ENDS = 0x100;
const MAX_BASE = 0x7fffff;
/** Cells before it stay empty. */
const FIRST_CELL = 256;
/** How far back to look for room: longer packs tighter and builds slower. */
const SEARCH = 128;

export interface PieceTrie {
  /** Cells. */
  readonly nodes: Uint32Array;
  /** Token id by cell; meaningful where a piece ends. */
  readonly ids: Int32Array;
  /** Base of the root of pieces that start a word. */
  readonly head: number;
  /** Base of the root of pieces that continue a word. */
  readonly tail: number;
}

/**
 * Builds the trie.
 *
 * @param pieces token → id; empty tokens are left out
 * @param prefix what marks a piece that continues a word, `##`
 */
export function buildPieceTrie(pieces: ReadonlyMap<string, number>, prefix: string): PieceTrie {
  const heads: string[] = [];
  const tails: string[] = [];
  const tokens = [...pieces.keys()];
  const areWellFormed = !LONE_SURROGATE.test(tokens.join('\n'));
  for (const token of tokens) {
    if (!areWellFormed && LONE_SURROGATE.test(token)) continue; // no text in UTF-8 can match it
    if (token.startsWith(prefix) && token.length > prefix.length) tails.push(token);
    if (token !== '' && !(prefix === '##' && token.startsWith('##'))) heads.push(token);
  }
  const builder = new Builder(pieces);
  const head = builder.addRoot(heads.sort(), 0);
  const tail = builder.addRoot(tails.sort(), prefix.length);
  return builder.finish(head, tail);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const encoder = new TextEncoder();

/** Sorted pieces: the bytes of piece k are bytes[starts[k]] to bytes[starts[k + 1] - 1]. */
interface Keys {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ids: Int32Array;
}

class Builder {
  nodes: Uint32Array = new Uint32Array(1 << 17).fill(EMPTY);
  ids: Int32Array = new Int32Array(1 << 17);
  readonly #pieces: ReadonlyMap<string, number>;
  #usedBases: Uint8Array = new Uint8Array(1 << 17);
  /** After the last cell in use. */
  #end = FIRST_CELL;
  /** Of the node that is being placed: an array of its own for each costs more than the rest. */
  readonly #labels: Uint8Array = new Uint8Array(256);

  constructor(pieces: ReadonlyMap<string, number>) {
    this.#pieces = pieces;
  }

  /** Sorted tokens, the first `skip` code units of each left out; returns the base of their root. */
  addRoot(tokens: readonly string[], skip: number): number {
    if (tokens.length === 0) return 0;
    const starts = new Uint32Array(tokens.length + 1);
    const ids = new Int32Array(tokens.length);
    const texts: string[] = [];
    for (let k = 0; k < tokens.length; k++) {
      const text = tokens[k].slice(skip);
      texts.push(text);
      starts[k + 1] = starts[k] + utf8Length(text);
      ids[k] = this.#pieces.get(tokens[k]) ?? 0;
    }
    const bytes = encoder.encode(texts.join('')); // an array a token would cost as much as the trie
    return this.#addChildren({ bytes, starts, ids }, 0, tokens.length, 0);
  }

  finish(head: number, tail: number): PieceTrie {
    const size = this.#end + 256;
    return { nodes: this.nodes.slice(0, size), ids: this.ids.slice(0, size), head, tail };
  }

  /** Places the children of the node whose keys are [from, to), all alike in their first `depth` bytes. */
  #addChildren(keys: Keys, from: number, to: number, depth: number): number {
    const { bytes, starts, ids } = keys;
    const labels = this.#labels;
    let count = 0;
    for (let k = from; k < to; k++) {
      const label = bytes[starts[k] + depth];
      if (count === 0 || labels[count - 1] !== label) labels[count++] = label;
    }
    const base = this.#findBase(count);
    for (let n = 0; n < count; n++) this.nodes[base + labels[n]] = labels[n];
    for (let first = from, last = from; first < to; first = last) {
      const label = bytes[starts[first] + depth];
      while (last < to && bytes[starts[last] + depth] === label) last++;
      const cell = base + label;
      let ends = 0;
      if (starts[first + 1] - starts[first] === depth + 1) {
        this.ids[cell] = ids[first++];
        ends = ENDS;
      }
      const children = first < last ? this.#addChildren(keys, first, last, depth + 1) : 0;
      this.nodes[cell] = ((children << 9) | ends | label) >>> 0;
    }
    return base;
  }

  /** A base under which the first labels fall on empty cells: the first one in the last SEARCH cells. */
  #findBase(count: number): number {
    const labels = this.#labels;
    const start = Math.max(FIRST_CELL, this.#end - SEARCH) - labels[0];
    let base = Math.max(FIRST_CELL, start);
    while (this.#usedBases[base] || !this.#fits(base, count)) {
      base++;
      if (base + 512 > this.nodes.length) this.#grow();
    }
    for (let n = 0; n < count; n++) this.#end = Math.max(this.#end, base + labels[n] + 1);
    if (base > MAX_BASE)
      throw new RangeError(
        `wordpiece: the vocabulary is too large: its trie needs more than ${MAX_BASE} cells.\n` +
          `Use fewer or shorter tokens.`,
      );
    this.#usedBases[base] = 1;
    return base;
  }

  #fits(base: number, count: number): boolean {
    for (let n = 0; n < count; n++) {
      if (this.nodes[base + this.#labels[n]] !== EMPTY) return false;
    }
    return true;
  }

  #grow(): void {
    const size = this.nodes.length * 2;
    const nodes = new Uint32Array(size).fill(EMPTY);
    const ids = new Int32Array(size);
    const used = new Uint8Array(size);
    nodes.set(this.nodes);
    ids.set(this.ids);
    used.set(this.#usedBases);
    this.nodes = nodes;
    this.ids = ids;
    this.#usedBases = used;
  }
}
