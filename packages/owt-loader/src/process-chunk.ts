// One chunk of input to examples: read, clean, identify, tokenise, build. Runs on any thread and depends on
// nothing but the chunk and the build's settings.

import { BUILDERS, type BuilderName, noCounts, SPLITTERS } from './builder.js';
import type { Chunk } from './chunk.js';
import { type Contamination, isContaminated } from './contamination.js';
import { type DocumentColumns, DocumentSink } from './document-columns.js';
import { drawsFor } from './draws.js';
import { type Encoder, linesEncoder } from './encoder.js';
import { type ExampleColumns, ExampleSink, type SpecialIds } from './example-columns.js';
import { LineEncoder } from './line-encoder.js';
import { PageMemory } from './page-memory.js';
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

/** The documents of one chunk, in order, and the examples cut from them. */
export interface ChunkResult extends DocumentColumns {
  readonly columns: ExampleColumns;
}

/** Turns chunks into results, one after another, with buffers that are used again. */
export class ChunkProcessor {
  readonly #settings: ChunkSettings;
  readonly #lines: LineEncoder;
  readonly #documents = new DocumentSink();
  readonly #sink: ExampleSink;
  readonly #pages = new PageMemory();
  /** Documents in the line encoder. */
  readonly #waiting: number[] = [];

  constructor(settings: ChunkSettings, encoder: Encoder) {
    const { builder, clean, length, vocabularySize, special } = settings;
    this.#settings = settings;
    this.#lines = new LineEncoder({
      encodeLines: linesEncoder(encoder),
      toLines: SPLITTERS[builder],
      clean,
    });
    this.#sink = new ExampleSink(length, vocabularySize, special, 1024);
  }

  /** The result's arrays are views, valid until the next call. */
  async process(chunk: Chunk): Promise<ChunkResult> {
    const { textKey } = this.#settings;
    this.#documents.clear();
    this.#sink.clear();
    this.#waiting.length = 0;
    this.#lines.clear(); // a chunk before may have ended in an error
    const documents = await readChunk(chunk, textKey, this.#pages);
    if (Symbol.iterator in documents) for (const { text } of documents) this.#take(text);
    else for await (const { text } of documents) this.#take(text);
    this.#buildWaiting();
    return { ...this.#documents.columns(), columns: this.#sink.columns() };
  }

  #take(text: string | Uint8Array): void {
    const { contamination } = this.#settings;
    const lines = this.#lines;
    const { identity, characters } = lines.write(text);
    const isDirty = contamination !== undefined && isContaminated(lines.text(), contamination);
    const document = this.#documents.add(identity, characters, isDirty);
    if (isDirty) return;
    lines.keep();
    this.#waiting.push(document);
    if (lines.isFull) this.#buildWaiting();
  }

  #buildWaiting(): void {
    const { builder, seed } = this.#settings;
    const build = BUILDERS[builder];
    const sink = this.#sink;
    const documents = this.#documents;
    let next = 0;
    this.#lines.encode((sentences) => {
      const document = this.#waiting[next++] ?? 0;
      const before = sink.rows;
      const counts = noCounts();
      sink.hold(sentences.ids);
      build({ sentences, draws: drawsFor(seed, documents.identityOf(document)), sink, counts });
      documents.note(document, sink.rows - before, counts);
    });
    this.#waiting.length = 0;
  }
}
