import { describe, expect, jest, test } from '@jest/globals';
import { folderWith } from './data-folder.test-support.js';
import { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
import { readSplit } from './read-split.js';
import { glueTasks } from './tasks.js';

// Files are slow on a busy machine.
jest.setTimeout(30_000);

const head = '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n';
const text = `${head}1\t10\t20\t"a" b\tc "\n0\t11\t21\td\te\n1\t12\t22\tf\tg\n`;
const ids = '12\t22\n10\t20\n';

describe('MRPC of Microsoft', () => {
  test('is split by the list of pairs, in its own order', () => {
    const { train, validation } = splitMicrosoftMrpc(Buffer.from(text), Buffer.from(ids));
    expect(train.toString()).toBe(`${head}0\t11\t21\td\te\n`);
    expect(validation.toString()).toBe(`${head}1\t10\t20\t"a" b\tc "\n1\t12\t22\tf\tg\n`);
  });

  test('gives a test set without labels, numbered', () => {
    expect(microsoftMrpcTest(Buffer.from(text)).toString()).toBe(
      'index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t10\t20\t"a" b\tc "\n1\t11\t21\td\te\n2\t12\t22\tf\tg\n',
    );
  });

  test('with Windows line ends is the same', () => {
    const windows = Buffer.from(text.replaceAll('\n', '\r\n'));
    expect(splitMicrosoftMrpc(windows, Buffer.from(ids.replaceAll('\n', '\r\n')))).toEqual(
      splitMicrosoftMrpc(Buffer.from(text), Buffer.from(ids)),
    );
  });

  test('is read where the splits have not been written', async () => {
    const folder = folderWith({
      'MRPC/msr_paraphrase_train.txt': text,
      'MRPC/msr_paraphrase_test.txt': text,
      'MRPC/dev_ids.tsv': ids,
    });
    const read = (split: 'train' | 'validation' | 'test'): ReturnType<typeof readSplit> =>
      readSplit(folder, glueTasks.mrpc, split, { anySize: true });
    expect(await read('train')).toEqual([{ index: 0, text: 'd', textPair: 'e', label: 0 }]);
    expect((await read('validation')).map(({ text: first }) => first)).toEqual(['"a" b', 'f']);
    expect((await read('test'))[2]).toEqual({ index: 2, text: 'f', textPair: 'g' });
  });

  test('must hold every pair of the list, in five columns', () => {
    const split = (rows: string, list: string): unknown =>
      splitMicrosoftMrpc(Buffer.from(rows), Buffer.from(list));
    expect(() => split(text, `${ids}7\t8\n`)).toThrow(
      'lacks 1 of the 3 pairs of dev_ids.tsv, the first 7 and 8.',
    );
    expect(() => split(`${text}1\t2\n`, ids)).toThrow(
      'msr_paraphrase_train.txt, line 5: found 2 columns, expected 5.',
    );
  });
});
