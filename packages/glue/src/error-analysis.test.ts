import { describe, expect, test } from '@jest/globals';
import { calibration, softmaxRows } from './calibration.js';
import { categoryReport } from './category-report.js';
import { folderWith } from './data-folder.test-support.js';
import { readDiagnostic, scoreByCategory } from './diagnostic.js';
import { analyseErrors } from './error-analysis.js';
import { errorReport } from './error-report.js';
import { glueTasks } from './tasks.js';

describe('calibration', () => {
  // Six answers of two classes: confidences 0.6, 0.6, 0.6, 0.95, 0.95, 1.
  const probabilities = [0.6, 0.4, 0.4, 0.6, 0.6, 0.4, 0.95, 0.05, 0.05, 0.95, 0, 1];
  const labels = [0, 0, 1, 0, 1, 1];

  test('by hand', () => {
    const { bins, expectedError, maximumError } = calibration(probabilities, labels);
    // 0.6: one of three right, gap 0.2667. Over 0.9: all three right at 0.9667, gap 0.0333.
    expect(bins[5]).toMatchObject({ from: 0.5, to: 0.6, count: 3 });
    expect(bins[5]?.confidence).toBeCloseTo(0.6, 12);
    expect(bins[5]?.accuracy).toBeCloseTo(1 / 3, 12);
    expect(bins[9]).toMatchObject({ count: 3, accuracy: 1 });
    expect(expectedError).toBeCloseTo((3 * (0.6 - 1 / 3) + 3 * (1 - 2.9 / 3)) / 6, 12);
    expect(maximumError).toBeCloseTo(0.6 - 1 / 3, 12);
    expect(bins.filter(({ count }) => count > 0).length).toBe(2);
  });

  test('needs as many probabilities for each label', () => {
    expect(() => calibration([0.5, 0.5, 1], [0, 1])).toThrow(
      'glue: calibration: found 3 probabilities for 2 labels, expected as many for each.',
    );
    expect(() => calibration([], [])).toThrow(RangeError);
  });

  test('is perfect where confidence is accuracy', () => {
    const half = calibration([0.5, 0.5, 0.5, 0.5], [0, 1]);
    expect(half.expectedError).toBe(0);
    expect(half.maximumError).toBe(0);
  });
});

describe('softmaxRows', () => {
  test('by hand, and for large logits', () => {
    const [a = 0, b = 0] = softmaxRows([Math.log(3), 0], 2);
    expect([a, b]).toEqual([expect.closeTo(0.75, 12), expect.closeTo(0.25, 12)]);
    expect([...softmaxRows([1000, 1000, -1000, 0], 2)]).toEqual([0.5, 0.5, 0, 1]);
  });

  test('refuses what is no logit', () => {
    expect(() => softmaxRows([1, 2, 3], 2)).toThrow('found 3 logits, expected a multiple of 2');
    expect(() => softmaxRows([0, 0, Number.NaN, 1], 2)).toThrow('NaN among the logits of row 1');
  });
});

describe('analyseErrors', () => {
  const examples = [
    { index: 0, text: 'right', label: 1 },
    { index: 1, text: 'a | *little* wrong', label: 0 },
    { index: 2, text: 'very wrong', label: 1 },
  ];
  const logits = [0, 2, 0, 1, 3, 0];

  test('ranks wrong answers by their loss', () => {
    const { worst, confusion } = analyseErrors(glueTasks.cola, examples, logits);
    expect(worst.map(({ example }) => example.index)).toEqual([2, 1]);
    expect(worst[0]).toMatchObject({ label: 'acceptable', predicted: 'unacceptable' });
    expect(worst[0]?.loss).toBeCloseTo(Math.log(1 + Math.exp(3)), 12);
    expect(worst[0]?.confidence).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
    expect(confusion).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(analyseErrors(glueTasks.cola, examples, logits, 1).worst.length).toBe(1);
  });

  test('ranks scores by their distance', () => {
    const pairs = [2, 4.5].map((label, index) => ({ index, text: 'a', textPair: 'b', label }));
    const analysis = analyseErrors(glueTasks.stsb, pairs, [2.5, 1]);
    expect(analysis.worst.map(({ predicted, label, loss }) => [predicted, label, loss])).toEqual([
      ['1.00', '4.50', 3.5],
      ['2.50', '2.00', 0.5],
    ]);
    expect(analysis.confusion).toBeUndefined();
    expect(errorReport(analysis, 'mine')).toMatch(/^# Errors on mine, 2 examples\n\n## Worst/);
    expect(() => analyseErrors(glueTasks.stsb, pairs, [1, Number.NaN])).toThrow(
      'found NaN as the score of example 1, expected a number.',
    );
  });

  test('needs labels and all outputs', () => {
    expect(() => analyseErrors(glueTasks.cola, examples, [0, 1])).toThrow(
      'found 2 outputs, expected 6, 2 for each of 3 examples.',
    );
    expect(() => analyseErrors(glueTasks.cola, [{ index: 0, text: 'a' }], [0, 1])).toThrow(
      'found no label of example 0, expected one for each.',
    );
  });

  test('is written as Markdown, texts as text', () => {
    const report = errorReport(analyseErrors(glueTasks.cola, examples, logits));
    expect(report).toBe(`# Errors on CoLA, 3 examples

## Confusion

| true class | as unacceptable | as acceptable |
| --- | --- | --- |
| unacceptable | 0 | 1 |
| acceptable | 1 | 1 |

## Calibration

Expected calibration error 60.1 %, largest 95.3 %.

| confidence | examples | mean confidence, % | right, % |
| --- | --- | --- | --- |
| 0.70 to 0.80 | 1 | 73.1 | 0.0 |
| 0.80 to 0.90 | 1 | 88.1 | 100.0 |
| 0.90 to 1.00 | 1 | 95.3 | 0.0 |

## Worst examples

| row | text | label | predicted | loss |
| --- | --- | --- | --- | --- |
| 2 | very wrong | acceptable | unacceptable (95.3 %) | 3.05 |
| 1 | a \\| \\*little\\* wrong | unacceptable | acceptable (73.1 %) | 1.31 |
`);
    const allRight = errorReport(analyseErrors(glueTasks.cola, examples.slice(0, 1), [0, 2]));
    expect(allRight).toContain('None is wrong.');
  });
});

describe('diagnostic', () => {
  const head =
    'Lexical Semantics\tPredicate-Argument Structure\tLogic\tKnowledge\tDomain\tPremise\tHypothesis\tLabel';
  const file = [
    head,
    'Factivity;Quantifiers\t\t\t\tNews\tp0\th0\tentailment',
    'Quantifiers\t\tNegation\t\tNews\tp1\th1\tcontradiction',
    '\t\tNegation\tWorld knowledge\tACL\tp2\th2\tneutral',
  ].join('\n');
  const pathOf = (text: string): string =>
    `${folderWith({ 'diagnostic-full.tsv': text })}/diagnostic-full.tsv`;
  const read = (text: string): ReturnType<typeof readDiagnostic> =>
    readDiagnostic(pathOf(text), { anySize: true });

  test('is read with labels and categories', async () => {
    const [first, , third] = await read(file);
    expect(first).toEqual({
      index: 0,
      text: 'p0',
      textPair: 'h0',
      label: 0,
      categories: {
        'Lexical Semantics': ['Factivity', 'Quantifiers'],
        'Predicate-Argument Structure': [],
        Logic: [],
        Knowledge: [],
      },
    });
    expect(third).toMatchObject({ label: 1, categories: { Knowledge: ['World knowledge'] } });
  });

  test('is scored by category', async () => {
    const scores = scoreByCategory(await read(file), [0, 2, 2]);
    expect(
      scores.map(({ group, category, count, accuracy }) => [group, category, count, accuracy]),
    ).toEqual([
      ['all', undefined, 3, 2 / 3],
      ['Lexical Semantics', undefined, 2, 1],
      ['Lexical Semantics', 'Factivity', 1, 1],
      ['Lexical Semantics', 'Quantifiers', 2, 1],
      ['Logic', undefined, 2, 0.5],
      ['Logic', 'Negation', 2, 0.5],
      ['Knowledge', undefined, 1, 0],
      ['Knowledge', 'World knowledge', 1, 0],
    ]);
    expect(scores[1]?.matthews).toBe(1);
    const lines = categoryReport(scores).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '# The diagnostic set by category',
      '',
      '| group | category | pairs | Matthews, times 100 | right, % |',
      '| --- | --- | --- | --- | --- |',
      // 2 of 3 right, one neutral taken for a contradiction: (2 * 3 - 3) / sqrt((9 - 3) * (9 - 5))
      '| all pairs |  | 3 | 61.2 | 66.7 |',
    ]);
    expect(lines[5]).toBe('| Lexical Semantics |  | 2 | 100.0 | 100.0 |');
  });

  test('refuses the set without labels, and too few predictions', async () => {
    await expect(read('index\tsentence1\tsentence2\n0\ta\tb\n')).rejects.toThrow(
      'expected a header with "Premise"',
    );
    await expect(read(file.replace('Logic', 'Logics'))).rejects.toThrow('expected one "Logic".');
    await expect(readDiagnostic(pathOf(file))).rejects.toThrow('found 3 rows, expected 1104.');
    const examples = await read(file);
    expect(() => scoreByCategory(examples, [0])).toThrow('found 1 predictions, expected 3');
  });
});
