import { describe, expect, test } from '@jest/globals';
import { GlueError } from './glue-error.js';
import { parseSplit } from './parse-split.js';
import { layoutOf } from './split-layout.js';
import type { GlueExample, SplitName, TaskName } from './task.js';
import { glueTasks } from './tasks.js';

function parse(
  name: TaskName,
  split: SplitName,
  content: string | Buffer,
  onDropped?: Parameters<typeof parseSplit>[4],
): GlueExample[] {
  const task = glueTasks[name];
  return parseSplit(Buffer.from(content), 'file.tsv', task, layoutOf(task, split), onDropped);
}

const lines = (...rows: string[][]): string => rows.map((row) => `${row.join('\t')}\n`).join('');
const rteHead = ['index', 'sentence1', 'sentence2', 'label'];
const stsHead =
  'index genre filename year old_index source1 source2 sentence1 sentence2 score'.split(' ');
const mnliHead =
  'index promptID pairID genre sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 sentence2'.split(
    ' ',
  );

describe('texts', () => {
  test('quotes are text: they neither join lines nor vanish', () => {
    const rows = lines(
      rteHead,
      ['0', '"One " is open', 'two', 'entailment'],
      ['1', '" three', '"four"', 'not_entailment'],
      ['2', 'five', 'six "', 'entailment'],
    );
    expect(parse('rte', 'train', rows)).toEqual([
      { index: 0, text: '"One " is open', textPair: 'two', label: 0 },
      { index: 1, text: '" three', textPair: '"four"', label: 1 },
      { index: 2, text: 'five', textPair: 'six "', label: 0 },
    ]);
  });

  test.each(['\u2028', '\u2029', '\u0085', '\v', '\f', '\r'])(
    'a line does not end at %j',
    (character) => {
      const text = `one${character}two`;
      expect(parse('sst2', 'train', lines(['sentence', 'label'], [text, '1']))).toEqual([
        { index: 0, text, label: 1 },
      ]);
    },
  );

  test('Windows line ends are line ends', () => {
    const rows = lines(['sentence', 'label'], ['fine', '1']).replaceAll('\n', '\r\n');
    expect(parse('sst2', 'train', rows)).toEqual([{ index: 0, text: 'fine', label: 1 }]);
  });

  test('the last line may lack its newline', () => {
    const rows = lines(['gj04', '1', '', 'A.'], ['gj04', '0', '*', 'B.']).trimEnd();
    expect(parse('cola', 'validation', rows).map(({ text }) => text)).toEqual(['A.', 'B.']);
  });

  test('a byte order mark is not part of the first column', () => {
    const head = ['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'];
    const rows = `\ufeff${lines(head, ['1', '7', '8', 'a', 'b'])}`;
    expect(parse('mrpc', 'train', rows)).toEqual([
      { index: 0, text: 'a', textPair: 'b', label: 1 },
    ]);
  });

  test('a trailing space stays', () => {
    expect(parse('sst2', 'train', 'sentence\tlabel\nbleak \t0\n')[0]?.text).toBe('bleak ');
  });

  test('text that looks like nothing stays text', () => {
    const odd = ['n/a', 'NA', 'null', 'None', 'nan', ''];
    const rows = odd.map((text, i) => [String(i), text, text, 'entailment']);
    expect(
      parse('rte', 'train', lines(rteHead, ...rows)).map((row) => [row.text, row.textPair]),
    ).toEqual(odd.map((text) => [text, text]));
  });

  test('bytes that are not UTF-8 are named by line', () => {
    const rows = Buffer.concat([
      Buffer.from('sentence\tlabel\nfine\t1\n'),
      Buffer.from([0xe9, 0x0a]),
    ]);
    expect(() => parse('sst2', 'train', rows)).toThrow(
      'glue: file.tsv, line 3: found bytes that are not UTF-8, expected text.',
    );
  });
});

describe('columns', () => {
  test('CoLA has no header in train and dev, and one in test', () => {
    const rows = lines(['gj04', '1', '', 'First.'], ['gj04', '0', '*', 'Second.']);
    expect(parse('cola', 'train', rows)).toEqual([
      { index: 0, text: 'First.', label: 1 },
      { index: 1, text: 'Second.', label: 0 },
    ]);
    expect(parse('cola', 'test', lines(['index', 'sentence'], ['0', 'Third.']))).toEqual([
      { index: 0, text: 'Third.' },
    ]);
  });

  test('a header that CoLA should not have is called by its name', () => {
    const rows = lines(['source', 'label', 'mark', 'sentence'], ['gj04', '1', '', 'A.']);
    expect(() => parse('cola', 'train', rows)).toThrow(
      'file.tsv, line 1: found the label "label", expected 0 or 1.\nThe file begins with a header line, which CoLA does not have here: remove it.',
    );
  });

  test('a header that is missing is not taken for a row', () => {
    expect(() => parse('sst2', 'train', 'fine\t1\n')).toThrow(
      'file.tsv, line 1: found the columns "fine", "1", expected a header with "sentence".',
    );
    expect(() => parse('sst2', 'train', '')).toThrow(
      'file.tsv: found no line, expected a header line.',
    );
  });

  test('the gold label of MNLI is the last column of train and of dev', () => {
    const texts = ['0', '1', '1e', 'fiction', '(', '(', '(', '(', 'p', 'h'];
    const train = lines(
      [...mnliHead, 'label1', 'gold_label'],
      [...texts, 'neutral', 'contradiction'],
    );
    expect(parse('mnli', 'train', train)[0]).toEqual({
      index: 0,
      text: 'p',
      textPair: 'h',
      label: 2,
    });
    const five = ['label1', 'label2', 'label3', 'label4', 'label5'];
    const dev = lines(
      [...mnliHead, ...five, 'gold_label'],
      [...texts, ...five.map(() => 'neutral'), 'entailment'],
    );
    expect(parse('mnli', 'validation_matched', dev)[0]?.label).toBe(0);
    expect(parse('mnli', 'test_mismatched', lines(mnliHead, texts))).toEqual([
      { index: 0, text: 'p', textPair: 'h' },
    ]);
  });

  test('STS-B is read by name, whatever its genre is called', () => {
    const row = ['0', 'main-forums', 'x', '2012', '0001', 'none', 'none', 'a', 'b', '3.800'];
    expect(parse('stsb', 'validation', lines(stsHead, row))).toEqual([
      { index: 0, text: 'a', textPair: 'b', label: 3.8 },
    ]);
  });

  test.each([
    ['a tab too many', ['0', 'a', 'b', 'c', 'entailment'], 5],
    ['a tab too few', ['0', 'a b', 'entailment'], 3],
    ['an empty line', [''], 1],
  ])('%s is an error in file and line', (_, row, width) => {
    const rows = lines(rteHead, ['0', 'a', 'b', 'entailment'], row as string[]);
    expect(() => parse('rte', 'train', rows)).toThrow(
      `file.tsv, line 3: found ${width} ${width === 1 ? 'column' : 'columns'}, expected 4.\n`,
    );
  });
});

describe('labels', () => {
  test('the same word is another class in another task', () => {
    const row = ['0', 'a', 'b', '0'];
    expect(parse('wnli', 'train', lines(rteHead, row))[0]?.label).toBe(0);
    expect(glueTasks.wnli.labels[0]).toBe('not_entailment');
    expect(parse('rte', 'train', lines(rteHead, ['0', 'a', 'b', 'entailment']))[0]?.label).toBe(0);
  });

  test.each([
    ['rte', '1', 'entailment or not_entailment'],
    ['wnli', 'entailment', '0 or 1'],
    ['qnli', '', 'entailment or not_entailment'],
    ['rte', 'Entailment', 'entailment or not_entailment'],
  ] as const)('%s refuses %j', (name, label, expected) => {
    const head = name === 'qnli' ? ['index', 'question', 'sentence', 'label'] : rteHead;
    expect(() => parse(name, 'train', lines(head, ['0', 'a', 'b', label]))).toThrow(
      `file.tsv, line 2: found the label "${label}", expected ${expected}.`,
    );
  });

  test.each(['5.1', '-0.5', 'nan', '', '1e0', '3,5'])('a score is not %j', (score) => {
    const row = ['0', 'g', 'x', 'y', 'o', 'none', 'none', 'a', 'b', score];
    expect(() => parse('stsb', 'train', lines(stsHead, row))).toThrow(
      `found the label "${score}", expected a number from 0 to 5.`,
    );
  });
});

describe('rows', () => {
  test('a test row that is out of order or missing is noticed', () => {
    const rows = lines(['index', 'sentence'], ['0', 'a'], ['2', 'c']);
    expect(() => parse('sst2', 'test', rows)).toThrow(
      'file.tsv, line 3: found index "2", expected 1.',
    );
  });

  const qqpHead = ['id', 'qid1', 'qid2', 'question1', 'question2', 'is_duplicate'];
  const broken = lines(
    qqpHead,
    ['133273', '213221', '213222', 'Is it?', 'Is it not?', '0'],
    ['402423', '2', '3', 'A question that'],
    ['breaks off', 'Another?', '1'],
    ['213219', '4', '5', 'Why?', '', '1'],
  );

  test('a row of QQP that a line break split is an error', () => {
    expect(() => parse('qqp', 'train', broken)).toThrow(
      'file.tsv, line 3: found 4 columns, expected 6.\nUse QQP-clean.zip, or pass onDropped to leave such rows out.',
    );
  });

  test('or is left out and told; rows keep their numbers, and an empty question is a question', () => {
    const dropped: string[] = [];
    const rows = parse('qqp', 'train', broken, ({ line, found, expected }) =>
      dropped.push(`${line}: ${found}, not ${expected}`),
    );
    expect(rows).toEqual([
      { index: 0, text: 'Is it?', textPair: 'Is it not?', label: 0 },
      { index: 3, text: 'Why?', textPair: '', label: 1 },
    ]);
    expect(dropped).toEqual(['3: 4 columns, not 6', '4: 3 columns, not 6']);
  });

  test('no test row is left out, and no row of another task', () => {
    const drop = (): void => undefined;
    const rows = lines(['id', 'question1', 'question2'], ['0', 'a']);
    expect(() => parse('qqp', 'test', rows, drop)).toThrow('line 2: found 2 columns, expected 3.');
    expect(() => parse('rte', 'train', lines(rteHead, ['0', 'a']), drop)).toThrow(GlueError);
  });

  test('the error carries what its message says', () => {
    try {
      parse('rte', 'train', lines(rteHead, ['0', 'a', 'b', 'maybe']));
      throw new Error('not reached');
    } catch (error) {
      expect(error).toMatchObject({
        name: 'GlueError',
        code: 'label',
        fault: { file: 'file.tsv', line: 2, found: 'the label "maybe"' },
      });
    }
  });
});
