// A source is a list of chunks in a fixed order. A chunk is small enough to be one thread's work and says in plain
// data how its documents are read, so that it can be sent to a worker or listed again after a restart.

import type { FileMetaData } from 'hyparquet';
import type { ArrowMessage } from './arrow-text.js';
import type { RawDocument } from './document.js';

export type Chunk =
  | { readonly kind: 'documents'; readonly documents: readonly RawDocument[] }
  /** Whole text files, one document each. */
  | { readonly kind: 'text-files'; readonly root: string; readonly paths: readonly string[] }
  /** Markdown files, their prose one document each. */
  | { readonly kind: 'markdown-files'; readonly root: string; readonly paths: readonly string[] }
  /** Complete lines of JSON, the first of which is line `first` (from 1) of `name`. */
  | {
      readonly kind: 'json-lines';
      readonly name: string;
      readonly first: number;
      /** Valid until the next chunk is asked for. */
      readonly bytes: Uint8Array;
    }
  /** An archive member, in memory or as a range of a file. */
  | { readonly kind: 'archive'; readonly name: string; readonly from: Uint8Array | FileRange }
  | RowGroupChunk
  /** Messages of an Arrow stream file: schema, dictionaries, one record batch. */
  | {
      readonly kind: 'arrow';
      readonly name: string;
      readonly path: string;
      readonly messages: readonly ArrowMessage[];
    };

/** The rows of a Parquet file that one group holds, and its bytes. */
export interface RowGroupRange {
  /** Rows of the file before the group, and rows in it. */
  readonly first: number;
  readonly rows: number;
  /** Bytes of the group in the file. */
  readonly start: number;
  readonly end: number;
}

/** A row group of a Parquet file, on disk or in memory: `bytes` are those from `range.start`. */
export interface RowGroupChunk {
  readonly kind: 'row-group';
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly range: RowGroupRange;
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  /** Whether the file's hash was found right: it is not read by a process that can be ended. */
  readonly trusted?: boolean;
  /** Set while the file's hash is not known to be right: no note of the build is made here. */
  readonly unverified?: boolean;
}

/** A row group in messages. */
export function rowsOf({ name, range: { first, rows } }: RowGroupChunk): string {
  return `${name}, rows ${first} to ${first + rows}`;
}

export interface FileRange {
  readonly path: string;
  /** Absent for the whole file. */
  readonly offset?: number;
  readonly length?: number;
}

export interface Source {
  /** What was found, for the line "found: ...". */
  readonly found: string;
  /** Bytes on disk, for progress; undefined where it cannot be known. */
  readonly bytes?: number;
  /** The chunks in order. The same input gives the same chunks. */
  chunks(): AsyncIterable<Chunk> | Iterable<Chunk>;
}

const DOCUMENTS_A_CHUNK = 256;
const CHARACTERS_A_CHUNK = 1 << 20;

/** A source over documents at hand, in their order. */
export function documentSource(
  documents: Iterable<RawDocument> | AsyncIterable<RawDocument>,
  found = 'documents',
): Source {
  return {
    found,
    async *chunks() {
      let batch: RawDocument[] = [];
      let characters = 0;
      const take = (document: RawDocument): Chunk | undefined => {
        batch.push(document);
        characters += document.text.length;
        if (batch.length < DOCUMENTS_A_CHUNK && characters < CHARACTERS_A_CHUNK) return undefined;
        const chunk: Chunk = { kind: 'documents', documents: batch };
        batch = [];
        characters = 0;
        return chunk;
      };
      if (Symbol.iterator in documents) {
        // Without a promise for each document.
        for (const document of documents) {
          const chunk = take(document);
          if (chunk) yield chunk;
        }
      } else {
        for await (const document of documents) {
          const chunk = take(document);
          if (chunk) yield chunk;
        }
      }
      if (batch.length > 0) yield { kind: 'documents', documents: batch };
    },
  };
}
