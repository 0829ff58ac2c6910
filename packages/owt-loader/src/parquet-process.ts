// The texts of row groups whose bytes nobody vouches for, read by a process of their own: damaged pages can keep
// hyparquet busy until memory ends, and it cannot be interrupted.

import { fileURLToPath } from 'node:url';
import { BoundedProcess, generousTimeLimitMs } from '@alectra/files';
import type { RowGroupChunk } from './chunk.js';
import { damagedParquet, rowsOf } from './parquet-text.js';
import { type Failure, revive } from './shard-error.js';

export interface RowGroupRequest {
  readonly chunk: RowGroupChunk;
  readonly textKey: string;
}

/** The texts one after another, each ending at `ends`; or what went wrong. */
export type RowGroupResponse =
  | { readonly utf8: Uint8Array; readonly ends: Float64Array }
  | { readonly failure: Failure };

const reader = new BoundedProcess<RowGroupRequest, RowGroupResponse>({
  args: childModule(),
  maxOldSpaceSize: 2048,
});

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
  const response = await reader.ask({ chunk, textKey }, timeLimitMs).catch((error: unknown) => {
    throw damagedParquet(rowsOf(chunk), error);
  });
  if ('failure' in response) throw revive(response.failure);
  const { utf8, ends } = response;
  return Array.from(ends, (end, i) => utf8.subarray(ends[i - 1] ?? 0, end));
}

/** From source, the process loads TypeScript. */
function childModule(): string[] {
  const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  return import.meta.url.endsWith('.ts')
    ? [
        '--conditions=@alectra/source',
        `--import=${import.meta.resolve('tsx')}`,
        pathOf('./parquet-child.ts'),
      ]
    : [pathOf('./parquet-child.js')];
}
