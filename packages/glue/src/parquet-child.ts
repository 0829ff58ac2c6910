// The process behind parquet-rows.ts: one file in, its rows out.

import { parquetMetadata } from 'hyparquet';
import { type ParquetAnswer, type ParquetRequest, trustedParquetRows } from './parquet-rows.js';

process.once('message', async (request: ParquetRequest) => {
  process.send?.(await answer(request));
});
process.send?.('ready');

async function answer(request: ParquetRequest): Promise<ParquetAnswer> {
  try {
    checkRowCounts(request.file);
    return { rows: await trustedParquetRows(request) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

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
