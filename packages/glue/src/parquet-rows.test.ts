import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { fixtures, folderWith } from './data-folder.test-support.js';
import { parquetRows, trustedParquetRows } from './parquet-rows.js';
import { readSplit } from './read-split.js';
import { glueTasks } from './tasks.js';

// Processes are slow to start on a busy machine.
jest.setTimeout(60_000);

const columns = ['sentence', 'label', 'idx'];

/** Three rows, by tools/reference/glue_parquet.py, with these bytes from `at` on. */
function cola(at = 0, ...bytes: readonly number[]): ArrayBuffer {
  const file = readFileSync(join(fixtures, 'hub/cola/validation-00000-of-00001.parquet'));
  file.set(bytes, at);
  return Uint8Array.from(file).buffer;
}

// Where the footer has its count of rows, 3 in zigzag, followed by the list of row groups.
const COUNT = Buffer.from(cola()).lastIndexOf(Buffer.from([0x16, 0x06, 0x19, 0x1c])) + 1;

describe('a Parquet file', () => {
  test('has the same rows by a process of its own', async () => {
    const rows = await parquetRows({ file: cola(), columns });
    expect(rows).toEqual(await trustedParquetRows({ file: cola(), columns }));
    expect(rows[1]).toEqual({ sentence: 'Runs Ann "the".', label: 0n, idx: 1 });
  });

  test('whose run lengths have no end is given up', async () => {
    // Inside the page of `idx`: levels of some two thousand million values, which hyparquet would write out.
    const file = cola(204, 0xfe, 0xc2, 0xe4, 0xec, 0x82, 0x86, 0xd3);
    // V8 ends a process one of whose arrays grows too long, which a fast machine sees before the time is over
    await expect(parquetRows({ file, columns }, 4000)).rejects.toThrow(
      /^(?:work without an end, still after 4 s|an end of its process with SIG[A-Z]+)$/,
    );
  });

  test('whose footer has a number without an end is given up', async () => {
    const number = Buffer.concat([Buffer.of(0x36), Buffer.alloc(400_000, 0xff)]); // its rows, 7 bits a byte
    const size = Buffer.alloc(4);
    size.writeUInt32LE(number.length);
    const file = Uint8Array.from(Buffer.concat([number, size, Buffer.from('PAR1')])).buffer;
    await expect(parquetRows({ file, columns }, 3000)).rejects.toThrow(
      /^work without an end, still after 3 s$/,
    );
  });

  test('says what is wrong with it', async () => {
    await expect(parquetRows({ file: cola(), columns: ['premise'] })).rejects.toThrow(
      'parquet column not found: premise',
    );
    const file = Uint8Array.from(Buffer.from('PAR1 and no more')).buffer;
    await expect(parquetRows({ file, columns })).rejects.toThrow('footer != PAR1');
  });

  test('is named, with what to do', async () => {
    const folder = folderWith({
      'cola/validation-00000-of-00001.parquet': Buffer.from(cola(COUNT, 0x08)),
    });
    await expect(
      readSplit(folder, glueTasks.cola, 'validation', { anySize: true }),
    ).rejects.toThrow(
      `glue: ${folder}/cola/validation-00000-of-00001.parquet cannot be read as Parquet: ` +
        'found row groups of 3 rows where the footer has 4, expected the columns sentence, label, idx.\n' +
        'Download it again, or check that it holds this task.',
    );
  });
});
