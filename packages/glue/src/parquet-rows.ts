// The rows of a Parquet file, or what is wrong with it, in bounded time and memory.
//
// Nothing inside a Parquet file tests its bytes. A run length that was changed can claim two thousand million values,
// and hyparquet, which cannot be interrupted, goes on until time, memory or the length of an array ends. So a file whose
// hash is not known is read by a process of its own.

import { BoundedProcess, generousTimeLimitMs, moduleArguments } from '@alectra/files';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** Cells by column: text, number, bigint or null. */
export type ParquetRow = Readonly<Record<string, unknown>>;

export interface ParquetRequest {
  /** The whole file. */
  readonly file: ArrayBuffer;
  readonly columns: readonly string[];
}

/** The rows, or what was found instead. */
export interface ParquetAnswer {
  readonly rows?: readonly ParquetRow[];
  readonly fault?: string;
}

/**
 * The rows of a file that is as it was written: its hash was found right.
 *
 * @throws Error that says what was found
 */
export async function trustedParquetRows({
  file,
  columns,
}: ParquetRequest): Promise<readonly ParquetRow[]> {
  return await parquetReadObjects({ file, columns: [...columns], compressors });
}

/**
 * The rows of a file that may be damaged.
 *
 * @throws Error that says what was found, also where time or memory came to an end; ProcessStartError
 */
export async function parquetRows(
  request: ParquetRequest,
  timeLimitMs: number = generousTimeLimitMs(request.file.byteLength),
): Promise<readonly ParquetRow[]> {
  const reader = new BoundedProcess<ParquetRequest, ParquetAnswer>({
    args: moduleArguments('parquet-child', import.meta.url),
    // far over what an honest file takes
    memoryMiB: 1024 + Math.ceil((64 * request.file.byteLength) / 2 ** 20),
  });
  try {
    const { rows, fault } = await reader.ask(request, timeLimitMs);
    if (!rows) throw new Error(fault);
    return rows;
  } finally {
    await reader.stop();
  }
}
