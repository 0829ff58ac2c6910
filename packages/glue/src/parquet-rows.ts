// The rows of a Parquet file, or what is wrong with it, in bounded time and memory.
//
// Nothing inside a Parquet file tests its bytes. A run length that was changed can claim two thousand million values,
// and hyparquet, which cannot be interrupted, goes on until time, memory or the length of an array ends. So a file whose
// hash is not known is read by a process of its own.

import { BoundedProcess, generousTimeLimitMs } from '@alectra/files';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** Cells by column: text, number, bigint or null. */
export type ParquetRow = Readonly<Record<string, unknown>>;

export interface ParquetRequest {
  /** The whole file. */
  readonly file: ArrayBuffer;
  readonly columns: readonly string[];
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
 * @throws Error that says what was found, also where time or memory came to an end
 */
export async function parquetRows(
  { file, columns }: ParquetRequest,
  timeLimitMs: number = generousTimeLimitMs(file.byteLength),
): Promise<readonly ParquetRow[]> {
  checkRowCounts(file);
  const reader = new BoundedProcess<ParquetRequest, Answer>({
    args: ['--input-type=module', '--eval', READER],
    // far over what an honest file takes
    maxOldSpaceSize: 1024 + Math.ceil((64 * file.byteLength) / 2 ** 20),
  });
  try {
    const { rows, fault } = await reader.ask({ file, columns }, timeLimitMs);
    if (!rows) throw new Error(fault);
    return rows;
  } finally {
    await reader.stop();
  }
}

interface Answer {
  readonly rows?: readonly ParquetRow[];
  readonly fault?: string;
}

// As text: Node cannot be started from a TypeScript file, and these lines need nothing of this package.
const READER = `
  import { parquetReadObjects } from ${JSON.stringify(import.meta.resolve('hyparquet'))};
  import { compressors } from ${JSON.stringify(import.meta.resolve('hyparquet-compressors'))};
  process.once('message', async ({ file, columns }) => {
    try {
      process.send({ rows: await parquetReadObjects({ file, columns, compressors }) });
    } catch (error) {
      process.send({ fault: String(error?.message ?? error) });
    }
  });
  process.send('ready');
`;

// hyparquet makes as many rows as a group says, whatever its columns hold.
function checkRowCounts(file: ArrayBuffer): void {
  const metadata = parquetMetadata(file);
  const total = Number(metadata.num_rows);
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (inGroups !== total)
    throw new Error(`row groups of ${inGroups} rows where the footer has ${total}`);
  // Texts, which differ from row to row, take at least a bit a row.
  if (!(total >= 0 && total <= 8 * file.byteLength))
    throw new Error(`a footer with ${total} rows in ${file.byteLength} bytes`);
}
