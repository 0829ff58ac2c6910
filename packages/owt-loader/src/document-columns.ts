// What a chunk says of each of its documents, as columns: an object for each would be garbage that outlives a collection.

import { type BuildCounts, COUNT_NAMES } from './builder.js';
import type { Identity } from './document.js';

/** D documents in order. */
export interface DocumentColumns {
  readonly documents: number;
  /** [D * 2] high and low half of each identity. */
  readonly identities: Uint32Array;
  /** [D] UTF-16 units of text. */
  readonly characters: Uint32Array;
  /** [D] examples cut from each. */
  readonly examples: Uint32Array;
  /** [D] 1 where a document holds a piece of an evaluation set; it has no examples then. */
  readonly contaminated: Uint8Array;
  /** [D * counts] in the order of COUNT_NAMES. */
  readonly counts: Uint32Array;
}

const COUNTS = COUNT_NAMES.length;

/** Growing columns. */
export class DocumentSink {
  #documents = 0;
  #columns: DocumentColumns = room(256);

  clear(): void {
    this.#documents = 0;
  }

  /** Appends a document of which no examples are known; gives its place. */
  add({ high, low }: Identity, characters: number, isContaminated: boolean): number {
    const document = this.#documents++;
    if (document === this.#columns.documents) this.#grow();
    const columns = this.#columns;
    columns.identities[2 * document] = high;
    columns.identities[2 * document + 1] = low;
    columns.characters[document] = characters;
    columns.contaminated[document] = isContaminated ? 1 : 0;
    columns.examples[document] = 0;
    columns.counts.fill(0, document * COUNTS, (document + 1) * COUNTS);
    return document;
  }

  identityOf(document: number): Identity {
    const { identities } = this.#columns;
    return { high: identities[2 * document] ?? 0, low: identities[2 * document + 1] ?? 0 };
  }

  /** Notes what was cut from a document. */
  note(document: number, examples: number, counts: Readonly<BuildCounts>): void {
    const columns = this.#columns;
    columns.examples[document] = examples;
    let at = document * COUNTS;
    for (const name of COUNT_NAMES) columns.counts[at++] = counts[name];
  }

  /** The documents so far: views, valid until the next is appended. */
  columns(): DocumentColumns {
    const documents = this.#documents;
    const { identities, characters, examples, contaminated, counts } = this.#columns;
    return {
      documents,
      identities: identities.subarray(0, 2 * documents),
      characters: characters.subarray(0, documents),
      examples: examples.subarray(0, documents),
      contaminated: contaminated.subarray(0, documents),
      counts: counts.subarray(0, COUNTS * documents),
    };
  }

  #grow(): void {
    const old = this.#columns;
    const grown = room(2 * old.documents);
    grown.identities.set(old.identities);
    grown.characters.set(old.characters);
    grown.examples.set(old.examples);
    grown.contaminated.set(old.contaminated);
    grown.counts.set(old.counts);
    this.#columns = grown;
  }
}

/** Columns for so many documents. */
function room(documents: number): DocumentColumns {
  return {
    documents,
    identities: new Uint32Array(2 * documents),
    characters: new Uint32Array(documents),
    examples: new Uint32Array(documents),
    contaminated: new Uint8Array(documents),
    counts: new Uint32Array(COUNTS * documents),
  };
}
