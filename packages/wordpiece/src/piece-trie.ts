// All pieces of a vocabulary as one trie over UTF-8 bytes, in a packed double array.
//
// Two roots: pieces that start a word, and pieces that continue one (their prefix removed). A child
// stands at base + byte and repeats that byte, so one 32-bit load both follows and checks an edge:
//   bits 0–7 byte (0xFF, which UTF-8 never uses, in empty cells) · bit 8 a piece ends here · bit 9 and has no
//   children · bits 10–31 the id of that piece, else the base of the children
// Where a piece ends that has children, its id is in bits 10–31 of the cell at base + ID, of a byte that UTF-8 never uses
// either. No two nodes share a base, so the byte alone proves the parent.

import { enlarged } from './enlarged.js';
import { type Keys, sortedKeys } from './key-order.js';
import { utf8Length } from './vocabulary.js';

const EMPTY = 0xff;
const ENDS = 0x100;
const LEAF = 0x200;
const SHIFT = 10;
const ID = 0xc0;
const MAX_BASE = 0x3fffff;
/** Cells before it stay empty. */
const FIRST_CELL = 256;
/** How far back to look for room: longer packs tighter and builds slower. */
const SEARCH = 256;

export interface PieceTrie {
  /** Cells. */
  readonly nodes: Uint32Array;
  /** Base of the root of pieces that start a word. */
  readonly head: number;
  /** Base of the root of pieces that continue a word. */
  readonly tail: number;
}

/** The id of the piece that ends at a node. */
export function pieceOf(nodes: Uint32Array, node: number): number {
  return (node & LEAF ? node : nodes[(node >>> SHIFT) + ID]) >>> SHIFT;
}

/**
 * Builds the trie.
 *
 * @param pieces token → id; empty tokens are left out
 * @param prefix what marks a piece that continues a word, `##`
 */
export function buildPieceTrie(pieces: ReadonlyMap<string, number>, prefix: string): PieceTrie {
  const tokens: string[] = [];
  const ids: number[] = [];
  const heads: number[] = [];
  const tails: number[] = [];
  const areWellFormed = !LONE_SURROGATE.test([...pieces.keys()].join('\n'));
  pieces.forEach((id, token) => {
    if (!areWellFormed && LONE_SURROGATE.test(token)) return; // no text in UTF-8 can match it
    const hasPrefix = token.startsWith(prefix);
    if (hasPrefix && token.length > prefix.length) tails.push(tokens.length);
    if (token !== '' && !(hasPrefix && prefix === '##')) heads.push(tokens.length);
    tokens.push(token);
    ids.push(id);
  });
  const keys = keysOf(tokens, ids);
  const builder = new Builder(keys);
  const head = builder.addRoot(heads, 0);
  const tail = builder.addRoot(tails, utf8Length(prefix));
  return builder.finish(head, tail);
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function keysOf(tokens: string[], ids: readonly number[]): Keys {
  const starts = new Uint32Array(tokens.length + 1);
  for (let k = 0; k < tokens.length; k++) starts[k + 1] = starts[k] + utf8Length(tokens[k]);
  // an array a token would cost as much as the trie
  return { bytes: new TextEncoder().encode(tokens.join('')), starts, ids };
}

class Builder {
  nodes: Uint32Array = new Uint32Array(1 << 17).fill(EMPTY);
  readonly #keys: Keys;
  /** Cells that are empty, and bases that no node has, a bit each. */
  #free: Int32Array = new Int32Array(1 << 12).fill(-1);
  #unused: Int32Array = new Int32Array(1 << 12).fill(-1);
  /** After the last cell in use. */
  #end = FIRST_CELL;
  /** Of the node that is being placed: an array of its own for each costs more than the rest. */
  readonly #labels: Uint8Array = new Uint8Array(256);

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Some keys, of which the first `skip` bytes are left out; returns the base of their root. */
  addRoot(keys: readonly number[], skip: number): number {
    if (keys.length === 0) return 0;
    const order = sortedKeys(this.#keys, keys, skip);
    return this.#addChildren(order, 0, order.length, skip, -1);
  }

  finish(head: number, tail: number): PieceTrie {
    return { nodes: this.nodes.slice(0, this.#end + 256), head, tail };
  }

  /**
   * Places the children of the node whose keys are order[from] to order[to - 1], all alike in their first `depth` bytes.
   *
   * @param id of the piece that ends at the node, -1 if none does
   * @returns the base of the children
   */
  #addChildren(order: Int32Array, from: number, to: number, depth: number, id: number): number {
    if (to - from === 1) return this.#addChain(order[from], depth, id);
    const { bytes, starts, ids } = this.#keys;
    const labels = this.#labels;
    let count = 0;
    for (let k = from; k < to; k++) {
      const label = bytes[starts[order[k]] + depth];
      if (count === 0 || labels[count - 1] !== label) labels[count++] = label;
    }
    if (id >= 0) labels[count++] = ID;
    const base = this.#takeBase(count);
    if (id >= 0) this.nodes[base + ID] = (id << SHIFT) | ID;
    for (let first = from, last = from; first < to; first = last) {
      const key = order[first];
      const label = bytes[starts[key] + depth];
      while (last < to && bytes[starts[order[last]] + depth] === label) last++;
      const isPiece = starts[key + 1] - starts[key] === depth + 1;
      if (isPiece) first++;
      const piece = isPiece ? ids[key] : -1;
      const ends = isPiece ? ENDS : 0;
      const node =
        first === last
          ? (piece << SHIFT) | LEAF
          : this.#addChildren(order, first, last, depth + 1, piece) << SHIFT;
      this.nodes[base + label] = node | ends | label; // read after the children, which may make the array grow
    }
    return base;
  }

  /** As `#addChildren` for a single key, of which most nodes are. */
  #addChain(key: number, depth: number, id: number): number {
    const { bytes, starts, ids } = this.#keys;
    const labels = this.#labels;
    const end = starts[key + 1] - 1;
    let root = 0;
    let cell = 0; // of the node whose child is placed
    for (let i = starts[key] + depth; i <= end; i++) {
      labels[0] = bytes[i];
      labels[1] = ID;
      const isPiece = root === 0 && id >= 0;
      const base = this.#takeBase(isPiece ? 2 : 1);
      if (isPiece) this.nodes[base + ID] = (id << SHIFT) | ID;
      if (root === 0) root = base;
      else this.nodes[cell] |= base << SHIFT;
      cell = base + bytes[i];
      this.nodes[cell] = bytes[i];
    }
    this.nodes[cell] |= (ids[key] << SHIFT) | LEAF | ENDS;
    return root;
  }

  /** The first base in the last SEARCH cells under which the first labels fall on empty cells; they are taken. */
  #takeBase(count: number): number {
    const labels = this.#labels;
    let base = Math.max(FIRST_CELL, this.#end - SEARCH - labels[0]);
    for (;;) {
      while (base + 1024 > this.nodes.length) this.#grow();
      // 32 bases at once
      let fits = bitsAt(this.#unused, base);
      for (let n = 0; n < count && fits !== 0; n++) fits &= bitsAt(this.#free, base + labels[n]);
      if (fits !== 0) {
        base += 31 - Math.clz32(fits & -fits);
        break;
      }
      base += 32;
    }
    if (base > MAX_BASE)
      throw new RangeError(
        `wordpiece: the vocabulary is too large: its trie needs more than ${MAX_BASE} cells.\n` +
          `Use fewer or shorter tokens.`,
      );
    clearBit(this.#unused, base);
    for (let n = 0; n < count; n++) {
      const cell = base + labels[n];
      clearBit(this.#free, cell);
      if (cell >= this.#end) this.#end = cell + 1;
    }
    return base;
  }

  #grow(): void {
    const { length } = this.nodes;
    this.nodes = enlarged(this.nodes, new Uint32Array(2 * length).fill(EMPTY, length));
    const words = length / 32;
    this.#free = enlarged(this.#free, new Int32Array(2 * words).fill(-1, words));
    this.#unused = enlarged(this.#unused, new Int32Array(2 * words).fill(-1, words));
  }
}

/** 32 bits from bit `at` on. */
function bitsAt(words: Int32Array, at: number): number {
  const word = at >>> 5;
  const shift = at & 31;
  return (words[word] >>> shift) | ((words[word + 1] << 1) << (31 - shift));
}

function clearBit(words: Int32Array, at: number): void {
  words[at >>> 5] &= ~(1 << (at & 31));
}
