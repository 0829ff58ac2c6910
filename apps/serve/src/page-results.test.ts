import { describe, expect, test } from '@jest/globals';
import type { Result } from './page-front-matter.js';
import { renderResults } from './page-results.js';

const result = (config: string, metric: string, value: number, split = 'validation'): Result => ({
  task: 'text-classification',
  dataset: 'GLUE',
  config,
  split,
  metric,
  value,
});

/** The words of each row. */
const rows = (markup: string): string[][] =>
  [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell.replace(/<[^>]+>/g, ' ').trim(),
    ),
  );

describe('renderResults', () => {
  test('prints GLUE as its paper does: a column a task, a row a split, both metrics in one cell', () => {
    // the figures of the model card of shoarora/alectra-small-owt, MRPC's second one made up
    const markup = renderResults([
      result('rte', 'accuracy', 69.6),
      result('mrpc', 'accuracy', 81.25),
      result('mrpc', 'f1', 86.3),
      result('cola', 'matthews_correlation', 50.6),
      result('mnli_mismatched', 'accuracy', 77.9),
      result('mnli_matched', 'accuracy', 78.2),
      result('cola', 'matthews_correlation', 43.9, 'test'),
    ]);
    expect(rows(markup?.text ?? '')).toEqual([
      ['split', 'CoLA Matthews', 'MRPC F1 / acc', 'MNLI acc', 'RTE acc'],
      ['dev', '50.6', '86.3 / 81.3', '78.2 / 77.9', '69.6'],
      ['test', '43.9', '–', '–', '–'],
    ]);
  });

  test('names only the metrics that the card states, and marks the one that a split lacks', () => {
    const markup = renderResults([
      result('stsb', 'spearmanr', 87.2),
      result('mrpc', 'f1', 86.3),
      result('mrpc', 'accuracy', 81.2, 'test'),
    ]);
    expect(rows(markup?.text ?? '')).toEqual([
      ['split', 'MRPC F1 / acc', 'STS-B Spearman'],
      ['dev', '86.3 / –', '87.2'],
      ['test', '– / 81.2', '–'],
    ]);
  });

  test('shows fractions in percent', () => {
    const markup = renderResults([result('sst2', 'accuracy', 0.891), result('rte', 'accuracy', 1)]);
    expect(rows(markup?.text ?? '')[1]).toEqual(['dev', '89.1', '100.0']);
  });

  test('lists what is not GLUE row by row', () => {
    const other = { ...result('', 'f1', 0.7654321), dataset: 'SuperGLUE <b>', split: '' };
    const markup = renderResults([other])?.text ?? '';
    expect(rows(markup)[1]).toEqual(['SuperGLUE &lt;b&gt;', '–', 'F1', '0.76543']);
  });

  test('is nothing without results', () => {
    expect(renderResults([])).toBeUndefined();
  });
});
