import { describe, expect, test } from '@jest/globals';
import { type ModelTensors, matchNames } from './match-names.js';

// ALBERT's masked LM in small: names after reference tables of Hugging Face's state dict
const model: ModelTensors = {
  prefix: 'albert',
  shapes: {
    'albert.embeddings.word_embeddings.weight': [10, 4],
    'albert.embeddings.LayerNorm.weight': [4],
    'predictions.bias': [10],
  },
  tied: {
    'predictions.decoder.weight': 'albert.embeddings.word_embeddings.weight',
    'predictions.decoder.bias': 'predictions.bias',
  },
};

const file = (tensors: Record<string, number[]>): Map<string, { shape: number[] }> =>
  new Map(Object.entries(tensors).map(([name, shape]) => [name, { shape }]));

describe('matchNames', () => {
  test('finds a head model as it was saved, both names of tied weights stored', () => {
    const match = matchNames(
      file({
        'albert.embeddings.word_embeddings.weight': [10, 4],
        'albert.embeddings.LayerNorm.weight': [4],
        'predictions.bias': [10],
        'predictions.decoder.weight': [10, 4],
        'predictions.decoder.bias': [10],
      }),
      model,
    );
    expect([match.missing, match.unexpected, match.mismatched]).toEqual([[], [], []]);
    expect([...match.duplicates.keys()]).toEqual([
      'predictions.decoder.weight',
      'predictions.decoder.bias',
    ]);
    expect(match.stored.size).toBe(3);
  });

  test('finds a base model without prefix, and says that the head is missing', () => {
    const match = matchNames(
      file({
        'embeddings.word_embeddings.weight': [10, 4],
        'embeddings.LayerNorm.weight': [4],
        'pooler.weight': [4, 4],
      }),
      model,
    );
    expect(match.stored.get('albert.embeddings.LayerNorm.weight')).toBe(
      'embeddings.LayerNorm.weight',
    );
    expect(match.missing).toEqual(['predictions.bias']);
    expect(match.unexpected).toEqual(['pooler.weight']);
  });

  test('finds a base model inside a head model', () => {
    const base: ModelTensors = { prefix: 'albert', shapes: { 'embeddings.LayerNorm.weight': [4] } };
    const match = matchNames(
      file({ 'albert.embeddings.LayerNorm.weight': [4], 'predictions.bias': [10] }),
      base,
    );
    expect(match.stored.get('embeddings.LayerNorm.weight')).toBe(
      'albert.embeddings.LayerNorm.weight',
    );
    expect(match.unexpected).toEqual(['predictions.bias']);
  });

  test('takes a tied weight from whichever name is stored', () => {
    const match = matchNames(
      file({ 'predictions.decoder.weight': [10, 4], 'predictions.decoder.bias': [10] }),
      model,
    );
    expect(match.stored.get('albert.embeddings.word_embeddings.weight')).toBe(
      'predictions.decoder.weight',
    );
    expect(match.stored.get('predictions.bias')).toBe('predictions.decoder.bias');
  });

  test('takes a former name where the present one is missing, and drops it where it is not', () => {
    const untied: ModelTensors = {
      shapes: { 'predictions.decoder.bias': [10] },
      former: { 'predictions.bias': 'predictions.decoder.bias' },
    };
    const old = matchNames(file({ 'predictions.bias': [10] }), untied);
    expect([...old.stored]).toEqual([['predictions.decoder.bias', 'predictions.bias']]);
    const both = { 'predictions.bias': [10], 'predictions.decoder.bias': [10] };
    const match = matchNames(file(both), untied);
    expect([...match.stored.values()]).toEqual(['predictions.decoder.bias']);
    expect([match.missing, match.unexpected, match.duplicates.size]).toEqual([[], [], 0]);
  });

  test('drops what files of 2020 carry, and reads gamma and beta', () => {
    const match = matchNames(
      file({
        'albert.embeddings.position_ids': [1, 128],
        'albert.embeddings.LayerNorm.gamma': [4],
        'transformer.h.3.attn.bias': [1, 1, 512, 512],
        'odd.pooler.weight': [1],
      }),
      { ...model, ignored: [/pooler/] },
    );
    expect(match.stored.get('albert.embeddings.LayerNorm.weight')).toBe(
      'albert.embeddings.LayerNorm.gamma',
    );
    expect(match.unexpected).toEqual([]);
  });

  test('reports a wrong shape as that, not as missing', () => {
    const match = matchNames(file({ 'predictions.bias': [12] }), model);
    expect(match.mismatched).toEqual([{ name: 'predictions.bias', found: [12], expected: [10] }]);
    expect(match.missing).not.toContain('predictions.bias');
    expect(match.stored.size).toBe(0);
  });

  test('prefers the exact name when a file holds both spellings', () => {
    const match = matchNames(
      file({ 'embeddings.LayerNorm.weight': [4], 'albert.embeddings.LayerNorm.weight': [4] }),
      model,
    );
    expect(match.stored.get('albert.embeddings.LayerNorm.weight')).toBe(
      'albert.embeddings.LayerNorm.weight',
    );
    expect(match.unexpected).toEqual(['embeddings.LayerNorm.weight']);
  });
});
