// Footers, and the texts of row groups, whose bytes nobody vouches for, read by a process of their own: damaged ones can
// keep hyparquet busy until memory ends, and it cannot be interrupted.

import {
  BoundedProcess,
  generousTimeLimitMs,
  moduleArguments,
  ProcessStartError,
} from '@alectra/files';
import type { FileMetaData } from 'hyparquet';
import { type RowGroupChunk, rowsOf } from './chunk.js';
import { damagedParquet, footerOf, type RandomAccess } from './parquet-text.js';
import { type Failure, revive } from './shard-error.js';

/** What the process is asked for, and what it answers. */
export type ParquetRequest =
  | { readonly footer: ArrayBuffer }
  | { readonly chunk: RowGroupChunk; readonly textKey: string };

export type ParquetResponse =
  | { readonly metadata: FileMetaData }
  /** The texts one after another, each ending at `ends`. */
  | { readonly utf8: Uint8Array; readonly ends: Float64Array }
  | { readonly failure: Failure };

const reader = new BoundedProcess<ParquetRequest, ParquetResponse>({
  args: moduleArguments('parquet-child', import.meta.url),
  memoryMiB: 2048,
});

/**
 * The footer of a file.
 *
 * @throws ShardError `damaged`
 */
export async function boundedMetadata(file: RandomAccess, name: string): Promise<FileMetaData> {
  const footer = await footerOf(file);
  const timeLimitMs = generousTimeLimitMs(footer.byteLength);
  const response = await ask({ footer }, timeLimitMs, name);
  if ('failure' in response) throw damagedParquet(name, revive(response.failure));
  return (response as { readonly metadata: FileMetaData }).metadata; // the answer to a footer
}

/**
 * The texts of a row group, as UTF-8.
 *
 * @throws ShardError `damaged`, also where reading takes longer than `timeLimitMs`; `format`
 */
export async function boundedTexts(
  chunk: RowGroupChunk,
  textKey: string,
  timeLimitMs: number = generousTimeLimitMs(chunk.range.end - chunk.range.start),
): Promise<readonly Uint8Array[]> {
  const response = await ask({ chunk, textKey }, timeLimitMs, rowsOf(chunk));
  if ('failure' in response) throw revive(response.failure);
  // the answer to a row group
  const { utf8, ends } = response as { readonly utf8: Uint8Array; readonly ends: Float64Array };
  return Array.from(ends, (end, i) => utf8.subarray(ends[i - 1] ?? 0, end));
}

function ask(request: ParquetRequest, timeLimitMs: number, name: string): Promise<ParquetResponse> {
  return reader.ask(request, timeLimitMs).catch((error: unknown) => {
    throw error instanceof ProcessStartError ? error : damagedParquet(name, error);
  });
}
