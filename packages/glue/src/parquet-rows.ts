// The rows of a Parquet file, or what is wrong with it, in bounded time and memory.
//
// Nothing inside a Parquet file tests its bytes. A run length that was changed can claim two thousand million values,
// and hyparquet, which cannot be interrupted, goes on for minutes until memory ends. So a file whose hash is not known
// is read on a thread of its own, which is stopped when it takes too long.

import { Worker } from 'node:worker_threads';
import { BoundedThread, generousTimeLimitMs } from '@alectra/files';
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
 * @param request its file is handed to the thread, and empty afterwards
 * @throws Error that says what was found, also where time or memory came to an end
 */
export async function parquetRows(
  { file, columns }: ParquetRequest,
  timeLimitMs: number = generousTimeLimitMs(file.byteLength),
): Promise<readonly ParquetRow[]> {
  checkRowCounts(file);
  // Far over what an honest file takes.
  const maxOldGenerationSizeMb = 1024 + Math.ceil((64 * file.byteLength) / 2 ** 20);
  const thread = new BoundedThread<ParquetRequest, Answer>(
    () =>
      new Worker(READER, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb },
        workerData: {
          hyparquet: import.meta.resolve('hyparquet'),
          compressors: import.meta.resolve('hyparquet-compressors'),
        },
      }),
  );
  try {
    const { rows, fault } = await thread.ask({ file, columns }, { timeLimitMs, transfer: [file] });
    if (!rows) throw new Error(fault);
    return rows;
  } finally {
    await thread.stop();
  }
}

interface Answer {
  readonly rows?: readonly ParquetRow[];
  readonly fault?: string;
}

// As text: a thread cannot be started from a TypeScript file, and these lines need nothing of this package.
const READER = `
  const { parentPort, workerData } = require('node:worker_threads');
  (async () => {
    const { parquetReadObjects } = await import(workerData.hyparquet);
    const { compressors } = await import(workerData.compressors);
    parentPort.once('message', async ({ file, columns }) => {
      try {
        parentPort.postMessage({ rows: await parquetReadObjects({ file, columns, compressors }) });
      } catch (error) {
        parentPort.postMessage({ fault: String(error?.message ?? error) });
      }
    });
    parentPort.postMessage('ready');
  })();
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
