// One chunk of input to examples: read, clean, identify, tokenise, build. Runs on any thread and depends on
// nothing but the chunk and the build's settings.

import {
  BUILDERS,
  type BuildCounts,
  type BuilderName,
  COUNT_NAMES,
  noCounts,
  SPLITTERS,
} from './builder.js';
import type { Chunk } from './chunk.js';
import { type Contamination, isContaminated } from './contamination.js';
import type { RawDocument } from './document.js';
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
  readonly #lines: LineEncoder;
  readonly #sink: ExampleSink;
  readonly #pages = new PageMemory();

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

  /** The result's columns are views, valid until the next call. */
  async process(chunk: Chunk): Promise<ChunkResult> {
    const { builder, seed, textKey, contamination } = this.#settings;
    const build = BUILDERS[builder];
    const sink = this.#sink;
    const lines = this.#lines;
    sink.clear();
    lines.clear(); // a chunk before may have ended in an error
    const identities: number[] = [];
    const characters: number[] = [];
    const examples: number[] = [];
    const contaminated: number[] = [];
    const counts: BuildCounts[] = [];
    const waiting: number[] = []; // documents in the line encoder
    const buildWaiting = (): void => {
      let next = 0;
      lines.encode((sentences) => {
        const document = waiting[next++] ?? 0;
        const high = identities[2 * document] ?? 0;
        const low = identities[2 * document + 1] ?? 0;
        const before = sink.rows;
        const count = noCounts();
        build({ sentences, draws: drawsFor(seed, { high, low }), sink, counts: count });
        examples[document] = sink.rows - before;
        counts[document] = count;
      });
      waiting.length = 0;
    };
    const take = (document: RawDocument): void => {
      const written = lines.write(document.text);
      identities.push(written.identity.high, written.identity.low);
      characters.push(written.characters);
      const isDirty = contamination !== undefined && isContaminated(lines.text(), contamination);
      contaminated.push(isDirty ? 1 : 0);
      const index = examples.push(0) - 1;
      counts.push(NO_COUNTS);
      if (isDirty) return;
      lines.keep();
      waiting.push(index);
      if (lines.isFull) buildWaiting();
    };
    const documents = await readChunk(chunk, textKey, this.#pages);
    if (Symbol.iterator in documents) for (const document of documents) take(document);
    else for await (const document of documents) take(document);
    buildWaiting();
    return {
      documents: examples.length,
      identities: Uint32Array.from(identities),
      characters: Uint32Array.from(characters),
      examples: Uint32Array.from(examples),
      contaminated: Uint8Array.from(contaminated),
      counts: countColumns(counts),
      columns: sink.columns(),
    };
  }
}

/** [documents * counts] in the order of COUNT_NAMES. */
function countColumns(counts: readonly BuildCounts[]): Uint32Array {
  const columns = new Uint32Array(counts.length * COUNT_NAMES.length);
  COUNT_NAMES.forEach((name, c) => {
    let at = c;
    for (const count of counts) {
      columns[at] = count[name];
      at += COUNT_NAMES.length;
    }
  });
  return columns;
}

const NO_COUNTS: Readonly<BuildCounts> = noCounts();

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
