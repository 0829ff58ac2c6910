// The strategies on hand-made scores; python-answers.test.ts compares them with Python.

import { describe, expect, test } from '@jest/globals';
import { groupEntities, type ScoredToken, withoutOverlaps } from './group-entities.js';
import { tokenizer } from './models.test-support.js';

const vocabulary = { labels: ['O', 'B-PER', 'I-PER', 'LOC'], tokenizer };

/** Tokens side by side, one character apart. */
function tokensOf(...parts: readonly [word: string, scores: readonly number[]][]): ScoredToken[] {
  let end = -1;
  return parts.map(([word, scores], index) => {
    const isSubword = word.startsWith('##');
    const start = isSubword ? end : end + 1;
    end = start + word.replace('##', '').length;
    return { word, scores: Float32Array.from(scores), index, start, end, isSubword };
  });
}

const [o, b, i, loc] = [0, 1, 2, 3].map((label) =>
  [0, 1, 2, 3].map((at) => (at === label ? 0.75 : 0.125)),
);

test('simple: B- begins an entity, I- and bare labels continue one', () => {
  const tokens = tokensOf(
    ['john', b],
    ['smith', i],
    ['paul', b],
    ['x', o],
    ['new', loc],
    ['york', loc],
  );
  expect(groupEntities(tokens, 'simple', vocabulary)).toEqual([
    { entity_group: 'PER', score: 0.75, word: 'john smith', start: 0, end: 10 },
    { entity_group: 'PER', score: 0.75, word: 'paul', start: 11, end: 15 },
    { entity_group: 'O', score: 0.75, word: 'x', start: 16, end: 17 },
    { entity_group: 'LOC', score: 0.75, word: 'new york', start: 18, end: 26 },
  ]);
});

describe('a word whose pieces disagree', () => {
  const tokens = tokensOf(['micro', [0.1, 0.2, 0.1, 0.6]], ['##soft', [0.9, 0.05, 0.03, 0.02]]);

  test.each([
    ['first', 'LOC', 0.6],
    ['max', 'O', 0.9],
    ['average', 'O', 0.5],
  ] as const)('%s', (strategy, label, score) => {
    const [entity] = groupEntities(tokens, strategy, vocabulary);
    expect(entity).toMatchObject({ entity_group: label, word: 'microsoft', start: 0, end: 9 });
    expect(entity.score).toBeCloseTo(score, 6);
  });

  test('simple splits it', () => {
    const words = groupEntities(tokens, 'simple', vocabulary).map(({ word }) => word);
    expect(words).toEqual(['micro', '##soft']);
  });
});

test('of overlapping windows the longer entity stays, then the likelier', () => {
  const entity = (start: number, end: number, score: number) => ({
    ...{ entity_group: 'PER', word: '', start, end, score },
  });
  expect(
    withoutOverlaps([entity(8, 9, 0.5), entity(0, 4, 0.5), entity(2, 7, 0.4), entity(5, 10, 0.6)]),
  ).toEqual([entity(5, 10, 0.6)]);
  expect(withoutOverlaps([entity(0, 4, 0.5), entity(4, 6, 0.1)])).toHaveLength(2);
  expect(withoutOverlaps([])).toEqual([]);
});
