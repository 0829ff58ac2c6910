// Training examples as columns: token ids [N, L] padded to L, true length [N], first position of segment B [N]
// and the document each was cut from [N]. Everything a step needs follows from them: the attention mask is
// position < length, the segment id is position >= split.

export interface SpecialIds {
  readonly pad: number;
  readonly cls: number;
  readonly sep: number;
}

export type TokenIds = Uint16Array | Uint32Array;

/** N examples of at most L tokens. Row r owns ids[r * L .. r * L + L). */
export interface ExampleColumns {
  readonly rows: number;
  /** [N * L], padded. 16 bits where the vocabulary allows. */
  readonly ids: TokenIds;
  /** [N] tokens of a row, padding excluded. */
  readonly lengths: Uint16Array;
  /** [N] first position of segment B; equal to the length where there is no B. */
  readonly splits: Uint16Array;
  /** [N] ordinal of the document among those kept. */
  readonly documents: Uint32Array;
}

export function tokenArray(vocabularySize: number, length: number): TokenIds {
  return vocabularySize > 65_536 ? new Uint32Array(length) : new Uint16Array(length);
}

/** Tokens of a document that are kept beside the rows: those of nearly every one. */
const HELD = 1 << 15;

/** Growing columns. Rows are appended as [CLS] A [SEP] or [CLS] A [SEP] B [SEP]. */
export class ExampleSink {
  readonly length: number;
  readonly #special: SpecialIds;
  readonly #vocabularySize: number;
  #capacity: number;
  #rows = 0;
  /** [HELD + N * L] what is held, then the rows. */
  #ids: TokenIds;
  /** The array of which #ids has a copy. */
  #held: Int32Array | Uint16Array | undefined;
  #lengths: Uint16Array;
  #splits: Uint16Array;
  #documents: Uint32Array;

  constructor(length: number, vocabularySize: number, special: SpecialIds, capacity = 64) {
    this.length = length;
    this.#special = special;
    this.#vocabularySize = vocabularySize;
    this.#capacity = capacity;
    this.#ids = tokenArray(vocabularySize, HELD + capacity * length);
    this.#lengths = new Uint16Array(capacity);
    this.#splits = new Uint16Array(capacity);
    this.#documents = new Uint32Array(capacity);
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * Says of which array the next segments are parts; it may not change until the next is held. A part is copied within the
   * memory of the rows then, where a view for each would take three times as long and be garbage. Parts of any other array, or
   * of one of more than HELD tokens, are copied by way of a view.
   */
  hold(ids: Int32Array | Uint16Array): void {
    this.#held = ids.length <= HELD ? ids : undefined;
    if (this.#held) this.#ids.set(ids);
  }

  /** Appends the tokens from..to of `a` as segment A and fromB..toB of `b`, if any, as segment B. */
  add(
    a: Int32Array | Uint16Array,
    from: number,
    to: number,
    b: Int32Array | Uint16Array = a,
    fromB = 0,
    toB = 0,
    document = 0,
  ): void {
    const first = to - from;
    const second = toB - fromB;
    const used = first + 2 + (second > 0 ? second + 1 : 0);
    if (used > this.length)
      throw new RangeError(
        `owt-loader: an example of ${used} tokens does not fit: expected at most ${this.length}.\n` +
          'A builder must leave room for [CLS] and [SEP].',
      );
    if (this.#rows === this.#capacity) this.#grow();
    const row = this.#rows++;
    const ids = this.#ids;
    const at = HELD + row * this.length;
    const end = at + used;
    ids[at] = this.#special.cls;
    this.#put(a, from, to, at + 1);
    ids[at + first + 1] = this.#special.sep;
    if (second > 0) {
      this.#put(b, fromB, toB, at + first + 2);
      ids[end - 1] = this.#special.sep;
    }
    if (used < this.length) ids.fill(this.#special.pad, end, at + this.length);
    this.#lengths[row] = used;
    this.#splits[row] = second > 0 ? first + 2 : used;
    this.#documents[row] = document;
  }

  /** Appends a finished row of a document, special tokens included, with segment B from `split`. */
  addRaw(row: Int32Array, split: number, document: number): void {
    if (this.#rows === this.#capacity) this.#grow();
    const at = HELD + this.#rows * this.length;
    this.#ids.set(row, at);
    this.#ids.fill(this.#special.pad, at + row.length, at + this.length);
    this.#lengths[this.#rows] = row.length;
    this.#splits[this.#rows] = split;
    this.#documents[this.#rows++] = document;
  }

  /** Copies rows from..to of finished columns. */
  copy(columns: ExampleColumns, from: number, to: number): void {
    const count = to - from;
    while (this.#rows + count > this.#capacity) this.#grow();
    const L = this.length;
    this.#ids.set(columns.ids.subarray(from * L, to * L), HELD + this.#rows * L);
    this.#lengths.set(columns.lengths.subarray(from, to), this.#rows);
    this.#splits.set(columns.splits.subarray(from, to), this.#rows);
    this.#documents.set(columns.documents.subarray(from, to), this.#rows);
    this.#rows += count;
  }

  /** The rows so far: views, valid until the next append. */
  columns(): ExampleColumns {
    return {
      rows: this.#rows,
      ids: this.#ids.subarray(HELD, HELD + this.#rows * this.length),
      lengths: this.#lengths.subarray(0, this.#rows),
      splits: this.#splits.subarray(0, this.#rows),
      documents: this.#documents.subarray(0, this.#rows),
    };
  }

  clear(): void {
    this.#rows = 0;
    this.#held = undefined;
  }

  #put(tokens: Int32Array | Uint16Array, from: number, to: number, at: number): void {
    if (tokens === this.#held) this.#ids.copyWithin(at, from, to);
    else this.#ids.set(tokens.subarray(from, to), at); // a loop over the tokens takes twice as long
  }

  #grow(): void {
    this.#capacity *= 2;
    const ids = tokenArray(this.#vocabularySize, HELD + this.#capacity * this.length);
    ids.set(this.#ids);
    this.#ids = ids;
    const grown = (old: Uint16Array): Uint16Array => {
      const next = new Uint16Array(this.#capacity);
      next.set(old);
      return next;
    };
    this.#lengths = grown(this.#lengths);
    this.#splits = grown(this.#splits);
    const documents = new Uint32Array(this.#capacity);
    documents.set(this.#documents);
    this.#documents = documents;
  }
}
