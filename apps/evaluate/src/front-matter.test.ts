import type { ModelIndexEntry } from '@alectra/glue';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { withModelIndex } from './front-matter.js';

const entry: ModelIndexEntry = {
  taskType: 'text-classification',
  dataset: 'nyu-mll/glue',
  datasetName: 'GLUE CoLA',
  config: 'cola',
  split: 'validation',
  metric: 'matthews_correlation',
  value: 0.50612,
};

/** Front matter and text. */
function parts(readme: string): [Record<string, unknown>, string] {
  const [, head, ...rest] = readme.split(/^---$/m);
  return [parse(head), rest.join('---')];
}

describe('withModelIndex', () => {
  test('adds front matter to a README without', () => {
    const [head, text] = parts(withModelIndex('# Tiny\n', 'tiny', [entry]));
    expect(text).toContain('# Tiny\n');
    expect(head).toEqual({
      'model-index': [
        {
          name: 'tiny',
          results: [
            {
              task: { type: 'text-classification' },
              dataset: {
                type: 'nyu-mll/glue',
                name: 'GLUE CoLA',
                config: 'cola',
                split: 'validation',
              },
              metrics: [{ type: 'matthews_correlation', value: 0.5061 }],
            },
          ],
        },
      ],
    });
  });

  test('keeps other fields, comments, other results and the text', () => {
    const other = {
      task: { type: 'fill-mask' },
      dataset: { type: 'wikitext', name: 'WikiText' },
      metrics: [{ type: 'perplexity', value: 20 }],
    };
    const index = JSON.stringify([{ name: 'Old name', results: [other] }]);
    const before = `---\nlicense: mit # ours\nmodel-index: ${index}\n---\n\n# T\n\n---\nrule above\n`;
    const once = withModelIndex(before, 'tiny', [entry]);
    expect(once).toContain('license: mit # ours');
    expect(once.endsWith('\n\n# T\n\n---\nrule above\n')).toBe(true);
    const [{ name, results }] = parts(once)[0]['model-index'] as [
      { name: string; results: unknown[] },
    ];
    expect(name).toBe('Old name');
    expect(results[0]).toEqual(other);
    expect(results.length).toBe(2);
    expect(withModelIndex(once, 'tiny', [entry])).toBe(once);
  });

  test('ends front matter at a line of its own only', () => {
    const text = withModelIndex('---\ntitle: a---\nlicense: mit\n---\nText\n', 'tiny', [entry]);
    expect(parts(text)[0]).toMatchObject({ title: 'a---', license: 'mit' });
    expect(withModelIndex('---\n---\nText\n', 'tiny', [entry])).toMatch(
      /^---\nmodel-index:[\s\S]*\n---\nText\n$/,
    );
  });

  test('refuses front matter that is no map', () => {
    expect(() => withModelIndex('---\n- a\n---\n', 'tiny', [])).toThrow(
      'evaluate: the front matter of README.md cannot be read: found no map',
    );
  });
});
