import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { frameRecord } from '@alectra/files';
import { describe, expect, jest, test } from '@jest/globals';
import { buildShards } from './build-shards.js';
import { exportTfRecords } from './export-tfrecords.js';
import { importTfRecords } from './import-tfrecords.js';
import { openShards } from './open-shards.js';
import { firstRows } from './shard-text.js';
import { FIXTURES, inTemporaryFolder, someDocuments, TOKENIZER } from './test-support.js';
import { decodeExample, encodeExample } from './tf-example.js';
import { verifyShards } from './verify-shards.js';

jest.setTimeout(240_000); // a busy machine

const FORMATS = join(FIXTURES, 'formats');
const { encoder: _, ...tokenizer } = TOKENIZER;
const ELECTRA = { ...tokenizer, special: { pad: 0, cls: 101, sep: 102 } };

describe('TFRecords', () => {
  test('of TensorFlow come in row for row, in the order they were dealt out', () =>
    inTemporaryFolder(async (folder) => {
      // Written by tools/reference/owt_formats.py with tf.io.TFRecordWriter.
      const { rows } = JSON.parse(await readFile(join(FORMATS, 'expected.json'), 'utf8')) as {
        rows: { input_ids: number[]; input_mask: number[]; segment_ids: number[] }[];
      };
      const output = join(folder, 'shards');
      await importTfRecords({ ...ELECTRA, input: join(FORMATS, 'tfrecords'), output });
      expect((await verifyShards(output)).faults).toEqual([]);
      const read = await firstRows(await openShards(output), 'train', 100);
      expect(read).toEqual(
        rows.map(({ input_ids, input_mask, segment_ids }, document) => {
          const length = input_mask.filter(Boolean).length;
          const split = segment_ids.includes(1) ? segment_ids.indexOf(1) : length;
          return { document, length, split, ids: input_ids.slice(0, length) };
        }),
      );
    }));

  test('are byte for byte those of TensorFlow', async () => {
    const path = join(FORMATS, 'tfrecords/pretrain_data.tfrecord-0-of-2');
    const whole = await readFile(path);
    const length = Number(whole.readBigUInt64LE(0));
    const example = decodeExample(whole.subarray(12, 12 + length), 'a');
    // Maps have no order in protobuf, so the message is compared by content, the frame by its bytes.
    expect(decodeExample(encodeExample(example), 'b')).toEqual(example);
    expect(encodeExample(example)).toHaveLength(length);
    const frame = Buffer.from(frameRecord(whole.subarray(12, 12 + length)));
    expect(frame.equals(whole.subarray(0, length + 16))).toBe(true);
  });

  test('go out and come back as the same rows', () =>
    inTemporaryFolder(async (folder) => {
      const [first, second] = [join(folder, 'a'), join(folder, 'b')];
      await buildShards({ ...TOKENIZER, output: first, source: someDocuments(20), length: 32 });
      const shards = await openShards(first);
      await exportTfRecords(shards, join(folder, 'tf'), { files: 7 });
      expect((await readdir(join(folder, 'tf'))).sort()[3]).toBe('pretrain_data.tfrecord-3-of-7');
      await importTfRecords({ ...tokenizer, input: join(folder, 'tf'), output: second });
      const rows = async (path: string) =>
        (await firstRows(await openShards(path), 'train', 1e6)).map(
          ({ document: _, ...row }) => row,
        );
      expect(await rows(second)).toEqual(await rows(first));
    }));

  test.each([
    ['another schema', Buffer.from([10, 2, 10, 0]), /found the features/],
    ['noise', Buffer.from([255, 255, 255]), /no tf.Example/],
    ['interleaved masks', example([101, 5, 102], [1, 0, 1], [0, 0, 0]), /interleaved at 2/],
    ['a B before its A', example([101, 5, 102], [1, 1, 1], [1, 0, 0]), /interleaved at 1/],
    ['lists of other lengths', example([101, 102], [1, 1, 1], [0, 0]), /lists of 2, 3 and 2/],
    [
      'a foreign id',
      example([101, 1000, 102], [1, 1, 1], [0, 0, 0]),
      /token id 1000, expected ids below 1000/,
    ],
  ])('with %s are refused by file and record', (_, payload, message) =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'x.tfrecord-0-of-1'), frameRecord(payload));
      const work = importTfRecords({ ...ELECTRA, input: folder, output: join(folder, 'out') });
      await expect(work).rejects.toThrow(message);
      await expect(work).rejects.toThrow(/record 0/);
    }),
  );

  test('that are not there are missed', () =>
    inTemporaryFolder(async (folder) => {
      const work = importTfRecords({ ...ELECTRA, input: folder, output: join(folder, 'out') });
      await expect(work).rejects.toThrow(/holds no examples: found 0 files/);
    }));
});

function example(inputIds: number[], inputMask: number[], segmentIds: number[]): Uint8Array {
  return encodeExample({ inputIds, inputMask, segmentIds });
}
