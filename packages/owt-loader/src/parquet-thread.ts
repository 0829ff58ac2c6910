// The texts of row groups whose bytes nobody vouches for, read on a thread of their own: damaged pages can keep
// hyparquet busy for minutes, and it cannot be interrupted.

import { BoundedThread, generousTimeLimitMs } from '@alectra/files';
import type { RowGroupChunk } from './chunk.js';
import { damagedParquet, rowsOf } from './parquet-text.js';
import { type Failure, revive } from './shard-error.js';
import { startThread } from './start-thread.js';

export interface RowGroupRequest {
  readonly chunk: RowGroupChunk;
  readonly textKey: string;
}

/** The texts one after another, each ending at `ends`; or what went wrong. */
export type RowGroupResponse =
  | { readonly utf8: Uint8Array; readonly ends: Float64Array }
  | { readonly failure: Failure };

const thread = new BoundedThread<RowGroupRequest, RowGroupResponse>(() =>
  startThread('parquet-worker', { resourceLimits: { maxOldGenerationSizeMb: 2048 } }),
);

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
  const response = await thread.ask({ chunk, textKey }, { timeLimitMs }).catch((error: unknown) => {
    throw damagedParquet(rowsOf(chunk), error);
  });
  if ('failure' in response) throw revive(response.failure);
  const { utf8, ends } = response;
  return Array.from(ends, (end, i) => utf8.subarray(ends[i - 1] ?? 0, end));
}
