import { describe, expect, test } from '@jest/globals';
import { electraAverage, leaderboardAverage } from './averages.js';
import { cardScores } from './card-columns.js';
import { cardRows } from './card-rows.js';
import { modelIndex } from './model-index.js';
import { markdownTable, tableData, textTable } from './result-table.js';
import type { GlueScores } from './score.js';

// BERT-large on the leaderboard; the published average is 80.5.
const bertLarge: GlueScores = {
  CoLA: { matthews_correlation: 0.605 },
  'SST-2': { accuracy: 0.949 },
  MRPC: { f1: 0.893, accuracy: 0.854 },
  'STS-B': { pearson: 0.876, spearmanr: 0.865 },
  QQP: { f1: 0.721, accuracy: 0.893 },
  'MNLI-m': { accuracy: 0.867 },
  'MNLI-mm': { accuracy: 0.859 },
  QNLI: { accuracy: 0.927 },
  RTE: { accuracy: 0.701 },
  WNLI: { accuracy: 0.651 },
  AX: { matthews_correlation: 0.396 },
};

describe('averages', () => {
  test('the leaderboard shows 80.5 for BERT-large', () => {
    const { value, missing } = leaderboardAverage(bertLarge);
    expect(value?.toFixed(1)).toBe('80.5');
    expect(missing).toEqual([]);
  });

  test("ELECTRA's takes one metric a task and leaves WNLI out", () => {
    const columns = cardScores(bertLarge);
    expect(columns).toEqual({
      CoLA: expect.closeTo(60.5, 9),
      'SST-2': expect.closeTo(94.9, 9),
      MRPC: expect.closeTo(85.4, 9),
      'STS-B': expect.closeTo(86.5, 9),
      QQP: expect.closeTo(89.3, 9),
      MNLI: expect.closeTo(86.3, 9),
      QNLI: expect.closeTo(92.7, 9),
      RTE: expect.closeTo(70.1, 9),
    });
    // (60.5 + 94.9 + 85.4 + 86.5 + 89.3 + 86.3 + 92.7 + 70.1) / 8
    expect(electraAverage(columns).value).toBeCloseTo(83.2125, 9);
  });

  test('there is none while a task is missing, which is named', () => {
    const scores = { ...bertLarge, 'MNLI-mm': undefined };
    expect(leaderboardAverage(scores)).toEqual({ missing: ['MNLI-mm'] });
    expect(electraAverage(cardScores(scores))).toEqual({ missing: ['MNLI'] });
  });

  test('an undefined correlation makes the average undefined, not smaller', () => {
    const scores = { ...bertLarge, 'STS-B': { pearson: Number.NaN, spearmanr: Number.NaN } };
    expect(leaderboardAverage(scores)).toEqual({ value: Number.NaN, missing: [] });
    expect(electraAverage(cardScores(scores))).toEqual({ value: Number.NaN, missing: [] });
  });
});

describe('cardRows', () => {
  test('the test row of ELECTRA-Small++ is its dev row, and the true one stands beside it', () => {
    const small = cardRows.filter(({ system }) => system.startsWith('ELECTRA-Small++'));
    const [dev, printed, real] = small;
    expect(small.map(({ set }) => set)).toEqual(['dev', 'test', 'test']);
    expect(printed?.scores).toEqual(dev?.scores);
    expect(printed?.notes).toEqual(["A copy of this system's dev row, not a test result."]);
    expect(Object.values(real?.scores ?? {})).toEqual([
      55.6, 91.1, 84.9, 84.6, 88, 81.6, 88.3, 63.6,
    ]);
  });

  test('each row says which runs it comes from, and has every column', () => {
    for (const row of cardRows) {
      expect(row.aggregation).not.toBe('');
      expect(electraAverage(row.scores).missing).toEqual([]);
    }
    expect(new Set(cardRows.map(({ set, system }) => `${set} ${system}`)).size).toBe(
      cardRows.length,
    );
  });
});

describe('tables', () => {
  const rows = [
    {
      system: 'mine',
      set: 'dev' as const,
      aggregation: 'median of 3 seeds',
      scores: { CoLA: 9.87, 'SST-2': 100, 'STS-B': Number.NaN },
      notes: ['Half of SST-2 | only.'],
    },
    ...cardRows.filter(({ system, set }) => system.startsWith('ALECTRA') && set === 'dev'),
  ];

  test('as text: aligned figures, a dash where there is none, notes below', () => {
    expect(textTable(rows)).toBe(
      [
        'Validation sets, times 100: CoLA Matthews, SST-2 accuracy, MRPC accuracy, STS-B Spearman, QQP accuracy, MNLI accuracy, QNLI accuracy, RTE accuracy.',
        '',
        'system                            CoLA  SST-2  MRPC  STS-B   QQP  MNLI  QNLI   RTE  mean of 8  runs',
        'mine [1]                           9.9  100.0     –    NaN     –     –     –     –          –  median of 3 seeds',
        'ALECTRA-Small-OWT (lmtuners) [2]  50.6   89.1  86.3   87.2  89.1  78.2  85.9  69.6       79.5  median of 5 fine-tunings',
        '',
        '[1] Half of SST-2 | only.',
        '[2] RTE and STS-B start from the model tuned on MNLI.',
        '',
      ].join('\n'),
    );
  });

  test('as Markdown: one table for each set that has rows', () => {
    const text = markdownTable(rows);
    expect(text).toContain(
      '| system | CoLA | SST-2 | MRPC | STS-B | QQP | MNLI | QNLI | RTE | mean of 8 | runs |\n',
    );
    expect(text).toContain('| --- | ---: | ---: |');
    expect(text).toContain('| mine [1] | 9.9 | 100.0 | – | NaN |');
    expect(text).not.toContain('Test sets');
    expect(markdownTable(cardRows)).toContain('\n\nTest sets, times 100');
  });

  test('as data: survives JSON', () => {
    const data = JSON.parse(JSON.stringify(tableData(rows)));
    expect(data.columns[5]).toEqual({
      title: 'MNLI',
      metric: 'accuracy',
      sets: ['MNLI-m', 'MNLI-mm'],
    });
    expect(data.rows[1]).toMatchObject({ system: 'ALECTRA-Small-OWT (lmtuners)' });
    expect(data.rows[1].average).toBeCloseTo(79.5, 9);
    expect(data.rows[0].average).toBeUndefined();
  });
});

describe('modelIndex', () => {
  test('has an entry for each metric of each validation set, as shares of one', () => {
    const entries = modelIndex(bertLarge);
    expect(
      entries.map(({ config, split, metric, value }) => [config, split, metric, value]),
    ).toEqual([
      ['cola', 'validation', 'matthews_correlation', 0.605],
      ['sst2', 'validation', 'accuracy', 0.949],
      ['mrpc', 'validation', 'f1', 0.893],
      ['mrpc', 'validation', 'accuracy', 0.854],
      ['stsb', 'validation', 'pearson', 0.876],
      ['stsb', 'validation', 'spearmanr', 0.865],
      ['qqp', 'validation', 'f1', 0.721],
      ['qqp', 'validation', 'accuracy', 0.893],
      ['mnli', 'validation_matched', 'accuracy', 0.867],
      ['mnli', 'validation_mismatched', 'accuracy', 0.859],
      ['qnli', 'validation', 'accuracy', 0.927],
      ['rte', 'validation', 'accuracy', 0.701],
      ['wnli', 'validation', 'accuracy', 0.651],
    ]);
    expect(entries[0]).toMatchObject({
      taskType: 'text-classification',
      dataset: 'nyu-mll/glue',
      datasetName: 'GLUE CoLA',
    });
  });

  test('leaves out what no number can say', () => {
    expect(modelIndex({ 'STS-B': { pearson: Number.NaN, spearmanr: 0.5 } })).toMatchObject([
      { metric: 'spearmanr' },
    ]);
  });
});
