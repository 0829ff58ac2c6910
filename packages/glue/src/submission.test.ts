import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { checkSubmission, describeDefect } from './check-submission.js';
import { folderWith } from './data-folder.test-support.js';
import { type Predictions, submissionFile, submissionSets, writeSubmission } from './submission.js';
import type { SubmissionName } from './task.js';
import { zipBytes } from './write-zip.js';

// Files are slow on a busy machine.
jest.setTimeout(30_000);

const sets = submissionSets();
const setOf = (name: SubmissionName): (typeof sets)[number] => {
  const set = sets.find((each) => each.name === name);
  if (!set) throw new Error(name);
  return set;
};

// Row i of a set says class i mod classes, or a score.
const predictions: Predictions = Object.fromEntries(
  sets
    .filter(({ name }) => name !== 'QQP')
    .map(({ name, task, rows }) => [
      name,
      Array.from({ length: rows }, (_, index) => ({
        index,
        value: task.isRegression ? (index % 60) / 9 - 0.5 : index % task.labels.length,
      })),
    ]),
);

// Without QQP, which has as many rows as all others five times over; submission.slow.test.ts has it.
const good = new Map<string, Buffer>(
  sets
    .filter(({ name }) => name !== 'QQP')
    .map((set) => [`${set.name}.tsv`, submissionFile(set, predictions[set.name] ?? [])] as const),
);
const folder = folderWith({});

async function defectsOf(change: (files: Map<string, Buffer>) => void): Promise<string[]> {
  const files = new Map(good);
  change(files);
  return await check(await zipBytes(files));
}

async function check(bytes: Buffer): Promise<string[]> {
  const path = join(folder, 'changed.zip');
  writeFileSync(path, bytes);
  const defects = await checkSubmission(path);
  return defects
    .map((each) => describeDefect(each).replace(folder, ''))
    .filter((each) => each !== '/changed.zip: found no QQP.tsv, expected eleven files');
}

/** The text of a file, changed. */
function edit(
  name: string,
  change: (text: string) => string,
): (files: Map<string, Buffer>) => void {
  return (files) =>
    files.set(name, Buffer.from(change((files.get(name) ?? Buffer.alloc(0)).toString())));
}

describe('a submission', () => {
  test('numbers each file from 0, and answers in its own words', () => {
    const start = (name: string): string | undefined =>
      good.get(name)?.toString().split('\n').slice(0, 4).join('|');
    expect(start('MNLI-m.tsv')).toBe('index\tprediction|0\tentailment|1\tneutral|2\tcontradiction');
    expect(start('MNLI-mm.tsv')).toBe(start('MNLI-m.tsv'));
    expect(start('QNLI.tsv')).toBe(
      'index\tprediction|0\tentailment|1\tnot_entailment|2\tentailment',
    );
    expect(start('WNLI.tsv')).toBe('index\tprediction|0\t0|1\t1|2\t0');
    expect(start('STS-B.tsv')).toBe('index\tprediction|0\t0.000|1\t0.000|2\t0.000');
    expect(good.get('STS-B.tsv')?.toString().split('\n')[50]).toBe('49\t4.944');
    expect(good.get('STS-B.tsv')?.toString().split('\n')[60]).toBe('59\t5.000');
  });

  test('has no defect', async () => {
    expect(await defectsOf(() => undefined)).toEqual([]);
  });

  test('a missing set is an error', async () => {
    const { AX: _, ...rest } = predictions;
    await expect(writeSubmission(join(folder, 'no.zip'), rest)).rejects.toThrow(
      'glue: the submission lacks QQP, AX: a submission has eleven files.',
    );
  });

  test('no row is dropped, doubled or moved', () => {
    const rows = predictions.WNLI ?? [];
    const wnli = setOf('WNLI');
    expect(() => submissionFile(wnli, rows.slice(1))).toThrow(
      'WNLI: found 145 predictions, expected 146',
    );
    expect(() => submissionFile(wnli, [...rows, { index: 146, value: 0 }])).toThrow('found 147');
    expect(() => submissionFile(wnli, rows.toReversed())).toThrow(
      'found the prediction for row 145 at 0, expected that for row 0',
    );
  });

  test.each([
    ['WNLI', 2, 'expected a class from 0 to 1'],
    ['WNLI', 0.5, 'expected a class from 0 to 1'],
    ['AX', -1, 'expected a class from 0 to 2'],
    ['STS-B', Number.NaN, 'expected a number'],
  ] as const)('%s cannot say %d', (name, value, message) => {
    const rows = (predictions[name] ?? []).map((row) => ({ ...row, value }));
    expect(() => submissionFile(setOf(name), rows)).toThrow(message);
  });
});

describe('checkSubmission', () => {
  test.each<[string, (files: Map<string, Buffer>) => void, string[]]>([
    [
      'a missing file',
      (files) => files.delete('AX.tsv'),
      ['/changed.zip: found no AX.tsv, expected eleven files'],
    ],
    [
      'a file in a folder',
      (files) => {
        files.set('submission/AX.tsv', files.get('AX.tsv') ?? Buffer.alloc(0));
        files.delete('AX.tsv');
      },
      [
        'submission/AX.tsv: found the file in a folder, expected AX.tsv at the top',
        '/changed.zip: found no AX.tsv, expected eleven files',
      ],
    ],
    [
      'a name in other letters',
      (files) => files.set('cola.tsv', Buffer.from('')),
      ['cola.tsv: found this name, expected CoLA.tsv'],
    ],
    [
      'a file of no task',
      (files) => files.set('notes.txt', Buffer.from('')),
      [
        'notes.txt: found a file of no task, expected only CoLA.tsv, SST-2.tsv, MRPC.tsv, STS-B.tsv, QQP.tsv, MNLI-m.tsv, MNLI-mm.tsv, QNLI.tsv, RTE.tsv, WNLI.tsv, AX.tsv',
      ],
    ],
    [
      'no header',
      edit('RTE.tsv', (text) => text.slice(text.indexOf('\n') + 1)),
      ['RTE.tsv, line 1: found "0\\tentailment", expected "index\\tprediction"'],
    ],
    [
      'the extra column of a data frame',
      edit('WNLI.tsv', (text) =>
        text
          .trimEnd()
          .split('\n')
          .map((line, i) => (i === 0 ? `\t${line}` : `${i - 1}\t${line}`))
          .join('\n'),
      ),
      [
        'WNLI.tsv, line 1: found "\\tindex\\tprediction", expected "index\\tprediction"',
        'WNLI.tsv, line 2: found 3 columns, expected 2, and 145 more of its kind',
      ],
    ],
    [
      'numbering that goes on from MNLI-m',
      edit('MNLI-mm.tsv', (text) => text.replace(/^\d+/gm, (i) => String(Number(i) + 9796))),
      [
        'MNLI-mm.tsv, line 2: found index "9796", expected 0, counted from 0, and 9846 more of its kind',
      ],
    ],
    [
      'a row lost, as readers of quotes lose it',
      edit('MRPC.tsv', (text) => text.replace('\n3\t1\n', '\n')),
      [
        'MRPC.tsv, line 5: found index "4", expected 3, counted from 0, and 1720 more of its kind',
        'MRPC.tsv: found 1724 rows, expected 1725',
      ],
    ],
    [
      'classes by number, and by float',
      (files) => {
        edit('QNLI.tsv', (text) => text.replace('\n0\tentailment', '\n0\t0'))(files);
        edit('SST-2.tsv', (text) => text.replace(/\t([01])$/gm, '\t$1.0'))(files);
      },
      [
        'SST-2.tsv, line 2: found "0.0", expected 0 or 1, and 1820 more of its kind',
        'QNLI.tsv, line 2: found "0", expected entailment or not_entailment',
      ],
    ],
    [
      'scores out of range, and none',
      edit('STS-B.tsv', (text) =>
        text.replace('\n0\t0.000', '\n0\t5.2').replace('\n1\t0.000', '\n1\tnan'),
      ),
      ['STS-B.tsv, line 2: found "5.2", expected a number from 0 to 5, and 1 more of its kind'],
    ],
    [
      'Windows line ends and a byte order mark',
      edit('WNLI.tsv', (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`),
      [
        'WNLI.tsv, line 1: found a byte order mark, expected none',
        'WNLI.tsv: found carriage returns, expected lines that end in \\n',
      ],
    ],
    [
      'an empty file',
      (files) => files.set('WNLI.tsv', Buffer.alloc(0)),
      ['WNLI.tsv: found 0 rows, expected 146'],
    ],
    [
      'the withdrawn QNLI',
      edit('QNLI.tsv', (text) => {
        const more = Array.from({ length: 277 }, (_, i) => `${5463 + i}\tentailment\n`);
        return text + more.join('');
      }),
      ['QNLI.tsv: found 5740 rows, those of the withdrawn edition, expected 5463'],
    ],
    [
      'bytes that are no text',
      (files) => files.set('WNLI.tsv', Buffer.from([0xff, 0xfe])),
      ['WNLI.tsv, line 1: found other bytes, expected UTF-8'],
    ],
  ])('names %s', async (_, change, expected) => {
    expect(await defectsOf(change)).toEqual(expected);
  });

  test('names what is no archive, and a damaged one', async () => {
    const path = join(folder, 'no.zip');
    writeFileSync(path, 'index\tprediction\n');
    expect(await checkSubmission(path)).toMatchObject([{ file: path, expected: 'a zip archive' }]);
    const bytes = await zipBytes(good);
    // Inside the compressed rows of CoLA, the first file.
    bytes[200] = (bytes[200] ?? 0) ^ 0xff;
    expect(await check(bytes)).toEqual([expect.stringMatching(/^CoLA\.tsv: found /)]);
    await expect(checkSubmission(join(folder, 'absent.zip'))).rejects.toThrow('ENOENT');
  });

  test('lists defects of whatever bytes it is given', async () => {
    const small = new Map([...good].filter(([name]) => ['WNLI.tsv', 'CoLA.tsv'].includes(name)));
    const bytes = await zipBytes(small);
    let state = 1;
    const random = (below: number): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    for (let trial = 0; trial < 60; trial++) {
      // Cut off, or changed in its directory, which stands at the end.
      const changed =
        trial % 3 === 0 ? bytes.subarray(0, random(bytes.length)) : Buffer.from(bytes);
      for (let i = 0; i < trial % 3; i++) changed[changed.length - 1 - random(180)] = random(256);
      expect((await check(changed)).length).toBeGreaterThan(0);
    }
  });
});
