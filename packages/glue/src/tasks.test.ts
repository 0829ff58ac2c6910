import { describe, expect, test } from '@jest/globals';
import { setName } from './score.js';
import { layoutOf, testSplits, validationSplits } from './split-layout.js';
import { glueTasks } from './tasks.js';

const tasks = Object.values(glueTasks);

describe('glueTasks', () => {
  test.each(Object.entries(glueTasks))('%s says its own name and is complete', (name, task) => {
    expect(task.name).toBe(name);
    expect(task.fileLabels.length).toBe(task.labels.length);
    expect(task.labels.length === 0).toBe(task.isRegression);
    expect(task.downloads.length).toBeGreaterThan(0);
    for (const { sha256, url } of task.downloads) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(url).toMatch(/^https:\/\/dl\.fbaipublicfiles\.com\//);
    }
    if (!task.isRegression) expect(task.labels[task.majority]).toBeDefined();
  });

  // The official script fetches QQP from the address of STS-B and the other way round.
  test.each(
    Object.values(glueTasks)
      .filter(({ downloads }) => downloads[0]?.path.endsWith('.zip'))
      .map((task) => [task.folder, task.downloads] as const),
  )('%s comes from its own archive', (folder, downloads) => {
    expect(downloads.length).toBe(1);
    expect(downloads[0]?.url).toBe(
      `https://dl.fbaipublicfiles.com/glue/data/${downloads[0]?.path}`,
    );
    expect(downloads[0]?.path.startsWith(folder)).toBe(true);
  });

  // The order of huggingface/datasets. ELECTRA and BERT put contradiction first; WNLI differs from RTE.
  test.each([
    ['mnli', ['entailment', 'neutral', 'contradiction']],
    ['ax', ['entailment', 'neutral', 'contradiction']],
    ['qnli', ['entailment', 'not_entailment']],
    ['rte', ['entailment', 'not_entailment']],
    ['wnli', ['not_entailment', 'entailment']],
    ['cola', ['unacceptable', 'acceptable']],
    ['sst2', ['negative', 'positive']],
    ['mrpc', ['not_equivalent', 'equivalent']],
    ['qqp', ['not_duplicate', 'duplicate']],
    ['stsb', []],
  ] as const)('the labels of %s are %j', (name, labels) => {
    expect(glueTasks[name].labels).toEqual(labels);
  });

  test('eleven files are submitted, of the official sizes', () => {
    const sizes = tasks.flatMap((task) =>
      testSplits(task).map((split) => [setName(task, split), layoutOf(task, split).rows]),
    );
    expect(Object.fromEntries(sizes)).toEqual({
      CoLA: 1063,
      'SST-2': 1821,
      MRPC: 1725,
      'STS-B': 1379,
      'MNLI-m': 9796,
      'MNLI-mm': 9847,
      QNLI: 5463,
      QQP: 390965,
      RTE: 3000,
      WNLI: 146,
      AX: 1104,
    });
  });

  test('test splits have no labels, all others have', () => {
    for (const { splits } of tasks)
      for (const [name, layout] of Object.entries(splits))
        expect([name, layout.label === undefined]).toEqual([name, name.startsWith('test')]);
  });

  test('validation and test of a set share a name', () => {
    expect(validationSplits(glueTasks.mnli).map((split) => setName(glueTasks.mnli, split))).toEqual(
      ['MNLI-m', 'MNLI-mm'],
    );
    expect(validationSplits(glueTasks.ax)).toEqual([]);
    expect(() => setName(glueTasks.rte, 'train')).toThrow(
      'neither scored nor submitted: expected validation, test.',
    );
    expect(() => layoutOf(glueTasks.ax, 'train')).toThrow(
      'glue: AX has no split "train", expected one of test.',
    );
  });
});
