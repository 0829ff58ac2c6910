// One chunk of input to examples: read, clean, identify, tokenise, build. Runs on any thread and depends on
// nothing but the chunk and the build's settings.

import { BUILDERS, type BuilderName, COUNT_NAMES, noCounts } from './builder.js';
import type { Chunk } from './chunk.js';
import { cleanAsHuggingFace } from './clean-text.js';
import { type Contamination, isContaminated } from './contamination.js';
import { type Document, identify } from './document.js';
import { drawsFor } from './draws.js';
import { type Encoder, SentenceEncoder } from './encoder.js';
import { type ExampleColumns, ExampleSink, type SpecialIds } from './example-columns.js';
import { readChunk } from './read-chunk.js';

/** What every thread must know. Plain data. */
export interface ChunkSettings {
  readonly builder: BuilderName;
  readonly length: number;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  readonly seed: number;
  readonly clean: 'none' | 'huggingface';
  readonly textKey: string;
  readonly contamination?: Contamination;
}

/** The documents of one chunk, in order, and the examples cut from them. Typed arrays only, cheap to send. */
export interface ChunkResult {
  readonly documents: number;
  /** [documents * 2] high and low half of each identity. */
  readonly identities: Uint32Array;
  /** [documents] UTF-16 units of text. */
  readonly characters: Uint32Array;
  /** [documents] examples cut from each. */
  readonly examples: Uint32Array;
  /** [documents] 1 where a document holds a piece of an evaluation set; it has no examples then. */
  readonly contaminated: Uint8Array;
  /** [documents * counts] in the order of COUNT_NAMES. */
  readonly counts: Uint32Array;
  readonly columns: ExampleColumns;
}

/** Turns chunks into results, one after another, with buffers that are used again. */
export class ChunkProcessor {
  readonly #settings: ChunkSettings;
  readonly #sentences: SentenceEncoder;
  readonly #sink: ExampleSink;

  constructor(settings: ChunkSettings, encoder: Encoder) {
    this.#settings = settings;
    this.#sentences = new SentenceEncoder(encoder);
    this.#sink = new ExampleSink(settings.length, settings.vocabularySize, settings.special, 1024);
  }

  /** The result's columns are views, valid until the next call. */
  async process(chunk: Chunk): Promise<ChunkResult> {
    const { builder, clean, seed, textKey, contamination } = this.#settings;
    const build = BUILDERS[builder];
    const sink = this.#sink;
    sink.clear();
    const identities: number[] = [];
    const characters: number[] = [];
    const examples: number[] = [];
    const contaminated: number[] = [];
    const counts: number[] = [];
    const take = (document: Document): void => {
      const text = clean === 'huggingface' ? cleanAsHuggingFace(document.text) : document.text;
      const identity = identify(text);
      const before = sink.rows;
      const count = noCounts();
      const isDirty = contamination !== undefined && isContaminated(text, contamination);
      if (!isDirty)
        build({
          text,
          draws: drawsFor(seed, identity),
          sentences: this.#sentences,
          sink,
          counts: count,
        });
      contaminated.push(isDirty ? 1 : 0);
      identities.push(identity.high, identity.low);
      characters.push(document.text.length);
      examples.push(sink.rows - before);
      for (const name of COUNT_NAMES) counts.push(count[name]);
    };
    const documents = readChunk(chunk, textKey);
    if (Symbol.iterator in documents) for (const document of documents) take(document);
    else for await (const document of documents) take(document);
    return {
      documents: examples.length,
      identities: Uint32Array.from(identities),
      characters: Uint32Array.from(characters),
      examples: Uint32Array.from(examples),
      contaminated: Uint8Array.from(contaminated),
      counts: Uint32Array.from(counts),
      columns: sink.columns(),
    };
  }
}

/** The result with arrays of its own, which can change threads. */
export function transferable(result: ChunkResult): ChunkResult {
  const { rows, ids, lengths, splits, documents } = result.columns;
  return {
    ...result,
    columns: {
      rows,
      ids: ids.slice(),
      lengths: lengths.slice(),
      splits: splits.slice(),
      documents: documents.slice(),
    },
  };
}
