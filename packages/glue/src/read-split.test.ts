import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { fixtures, folderWith } from './data-folder.test-support.js';
import { readSplit } from './read-split.js';
import type { GlueTask } from './task.js';
import { glueTasks } from './tasks.js';
import { zipBytes } from './write-zip.js';

// Files are slow on a busy machine.
jest.setTimeout(30_000);

const { ax, cola, mnli, mrpc, qnli, rte, sst2, stsb } = glueTasks;
const anySize = { anySize: true };
const sst = 'sentence\tlabel\nfine \t1\n';
const texts = async (source: string, task = sst2): Promise<string[]> =>
  (await readSplit(source, task, 'validation', anySize)).map(({ text }) => text);

describe('official files', () => {
  test('are found under the folder of all tasks, the folder of the task, and by their name', async () => {
    const folder = folderWith({ 'SST-2/dev.tsv': sst });
    expect(await texts(folder)).toEqual(['fine ']);
    expect(await texts(join(folder, 'SST-2'))).toEqual(['fine ']);
    expect(await texts(join(folder, 'SST-2/dev.tsv'))).toEqual(['fine ']);
  });

  test('of another task are not taken', async () => {
    const folder = folderWith({ 'RTE/test.tsv': 'index\tsentence1\tsentence2\n0\ta\tb\n' });
    await expect(readSplit(join(folder, 'RTE'), glueTasks.wnli, 'test', anySize)).rejects.toThrow(
      'there is no data of WNLI (test)',
    );
  });

  test('that are missing are named, with every place that was looked at', async () => {
    const folder = folderWith({});
    await expect(readSplit(folder, rte, 'train')).rejects.toThrow(
      `glue: there is no data of RTE (train): ${folder} holds none: no ${folder}/RTE/train.tsv, ` +
        `${folder}/rte/train.tsv, ${folder}/RTE.zip, no Parquet file.\n` +
        'Download it with downloadTask, or name the folder that holds RTE/.',
    );
    await expect(readSplit(join(folder, 'no'), rte, 'train')).rejects.toThrow('does not exist');
    await expect(readSplit(folder, rte, 'validation_matched')).rejects.toThrow('has no split');
  });

  test('must have all their rows', async () => {
    const folder = folderWith({ 'SST-2/dev.tsv': sst });
    await expect(readSplit(folder, sst2, 'validation')).rejects.toThrow(
      `${folder}/SST-2/dev.tsv: found 1 rows, expected 872.`,
    );
  });

  test('of the first QNLI are recognised', async () => {
    const row = (i: number): string => `${i}\tWho?\tAnn.\tentailment\n`;
    const rows = Array.from({ length: 5732 }, (_, i) => row(i)).join('');
    const folder = folderWith({ 'QNLI/dev.tsv': `index\tquestion\tsentence\tlabel\n${rows}` });
    await expect(readSplit(folder, qnli, 'validation')).rejects.toThrow(
      'found 5732 rows, expected 5463.\nThis is the withdrawn edition of QNLI: use QNLIv2.zip.',
    );
  });
});

describe('archives', () => {
  const archive = (): Promise<Buffer> =>
    zipBytes([
      ['__MACOSX/SST-2/._dev.tsv', Buffer.from('junk')],
      ['SST-2/original/dev.tsv', Buffer.from('not this one')],
      ['SST-2/dev.tsv', Buffer.from(sst)],
    ]);
  // The same task, published with another digest.
  const published = (bytes: Buffer): GlueTask => ({
    ...sst2,
    downloads: [
      {
        path: 'SST-2.zip',
        url: '',
        byteLength: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    ],
  });

  test('are read, in a folder or by their name', async () => {
    const bytes = await archive();
    const folder = folderWith({ 'SST-2.zip': bytes });
    expect(await texts(folder, published(bytes))).toEqual(['fine ']);
    expect(await texts(join(folder, 'SST-2.zip'), published(bytes))).toEqual(['fine ']);
  });

  test('with the name of an official one must be it', async () => {
    const folder = folderWith({ 'SST-2.zip': await archive() });
    await expect(texts(folder)).rejects.toThrow(
      /SST-2\.zip is not the archive that was published: found SHA-256 [0-9a-f]{64}, expected d67e16fb/,
    );
  });

  test('of another name are tested by their checksums', async () => {
    // Stored by the archive's own deflate: a byte changed in the compressed text.
    const bytes = await archive();
    expect(await texts(join(folderWith({ 'mine.zip': bytes }), 'mine.zip'))).toEqual(['fine ']);
    const at = bytes.indexOf('SST-2/dev.tsv') + 'SST-2/dev.tsv'.length;
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ 1;
    const path = join(folderWith({ 'mine.zip': bytes }), 'mine.zip');
    await expect(texts(path)).rejects.toMatchObject({ code: 'damaged' });
  });

  test('whose text has another checksum than they say are refused', async () => {
    const bytes = await zipBytes([['SST-2/dev.tsv', Buffer.from(sst)]]);
    // The CRC-32 in the entry of the central directory, 16 bytes after its signature.
    const entry = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt32LE(0x1234, entry + 16);
    const path = join(folderWith({ 'mine.zip': bytes }), 'mine.zip');
    await expect(texts(path)).rejects.toThrow(
      /mine\.zip:SST-2\/dev\.tsv is a damaged zip archive: found checksum [0-9a-f]{8}, expected 00001234/,
    );
  });

  test('without the file, cut off, or no archives at all', async () => {
    const bytes = await archive();
    const path = (content: Buffer): string => join(folderWith({ 'my.zip': content }), 'my.zip');
    await expect(texts(path(bytes), rte)).rejects.toThrow(/holds no RTE\/dev\.tsv: found __MACOSX/);
    await expect(texts(path(bytes.subarray(0, -30)))).rejects.toMatchObject({ code: 'damaged' });
    await expect(texts(path(Buffer.from(sst)))).rejects.toMatchObject({ code: 'damaged' });
  });
});

// By tools/reference/glue_parquet.py.
describe('Parquet files of the hub', () => {
  const hub = join(fixtures, 'hub');

  test('give texts and labels', async () => {
    expect(await readSplit(hub, cola, 'validation', anySize)).toEqual([
      { index: 0, text: 'Ann runs.', label: 1 },
      { index: 1, text: 'Runs Ann "the".', label: 0 },
      { index: 2, text: 'Zoë\u2028naps.', label: 1 },
    ]);
  });

  test('in several pieces are one split; rows are counted anew', async () => {
    expect(await readSplit(hub, mrpc, 'train', anySize)).toEqual([
      { index: 0, text: 'a', textPair: 'b', label: 1 },
      { index: 1, text: 'c', textPair: 'd', label: 0 },
      { index: 2, text: 'e', textPair: 'f', label: 1 },
    ]);
  });

  test('keep the labels of a test set to themselves', async () => {
    expect(await readSplit(hub, mrpc, 'test', anySize)).toEqual([
      { index: 0, text: 'g', textPair: 'h' },
      { index: 1, text: 'i', textPair: 'j' },
    ]);
  });

  test('are found as the converter lays them out, and by name', async () => {
    const [first, second] = await readSplit(hub, stsb, 'train', anySize);
    expect(first).toEqual({ index: 0, text: 'a', textPair: 'b', label: 3.8 });
    expect(second).toEqual({ index: 1, text: 'n/a', textPair: '', label: 0 });
    const path = join(hub, 'stsb/train/0000.parquet');
    expect(await readSplit(path, stsb, 'train', anySize)).toEqual([first, second]);
  });

  test('with a gap in a test set, a missing label or another task are refused', async () => {
    await expect(readSplit(hub, rte, 'test', anySize)).rejects.toThrow(
      /test-00000-of-00001\.parquet, row 1: found idx 2, expected 1\./,
    );
    await expect(readSplit(hub, mnli, 'validation_matched', anySize)).rejects.toThrow(
      /row 1: found the label -1, expected 0 to 2\./,
    );
    const other = join(hub, 'cola/validation-00000-of-00001.parquet');
    await expect(readSplit(other, ax, 'test', anySize)).rejects.toThrow(/premise, hypothesis/);
  });

  test('are tested against their name in a Hugging Face cache', async () => {
    const name = 'validation-00000-of-00001.parquet';
    const bytes = readFileSync(join(hub, 'cola', name));
    const digest = createHash('sha256').update(bytes).digest('hex');
    const folder = folderWith({ [`blobs/${digest}`]: bytes, 'cola/README.md': '' });
    symlinkSync(join(folder, 'blobs', digest), join(folder, 'cola', name));
    expect((await readSplit(folder, cola, 'validation', anySize)).length).toBe(3);
    // A byte of a text: nothing in the file itself shows it.
    bytes[bytes.indexOf('Ann')] = 0x45;
    writeFileSync(join(folder, 'blobs', digest), bytes);
    await expect(readSplit(folder, cola, 'validation', anySize)).rejects.toThrow(
      `is damaged: found SHA-256 `,
    );
  });

  test('of which one is missing, or damaged', async () => {
    const folder = folderWith({
      'mrpc/train-00000-of-00002.parquet': 'one of two',
      'cola/train-00000-of-00001.parquet': 'PAR1 and no more',
    });
    await expect(readSplit(folder, mrpc, 'train', anySize)).rejects.toThrow(
      `${folder}/mrpc holds 1 of the 2 Parquet files of "train".`,
    );
    await expect(readSplit(folder, cola, 'train', anySize)).rejects.toMatchObject({
      code: 'damaged',
    });
  });
});
