import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { presets } from './presets.js';
import { resolveRecipe } from './recipe-file.js';

const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
afterAll(() => rmSync(folder, { recursive: true }));

function recipeFile(text: string): string {
  const path = join(folder, 'recipe.yaml');
  writeFileSync(path, text);
  return path;
}

describe('a recipe', () => {
  test.each(Object.keys(presets))('is complete in preset %s', (preset) => {
    expect(resolveRecipe({ preset }).preset).toBe(preset);
  });

  test('repeats the model card of alectra-small-owt', () => {
    const recipe = resolveRecipe({ preset: 'alectra-small-owt' });
    expect(recipe.batch.size).toBe(512);
    expect(recipe.schedule).toEqual({
      shape: 'piecewise',
      peakLearningRate: 2e-3,
      warmupSteps: 40_000,
      steps: 500_000,
    });
    expect(recipe.optimizer).toMatchObject({ name: 'lamb', maxGradientNorm: 0, weightDecay: 0.01 });
    expect(recipe.task).toMatchObject({ maskSelection: 'bernoulli', maskTokenProbability: 1 });
  });

  test('takes flags over --set over file over preset', () => {
    const file = recipeFile('preset: quickstart\nseed: 2\nthreads: 2\nbatch: {size: 64}\n');
    const recipe = resolveRecipe({ file, set: ['threads=3', 'seed=3'], flags: { seed: 4 } });
    expect([recipe.seed, recipe.threads, recipe.batch.size, recipe.batch.microSize]).toEqual([
      4, 3, 64, 32,
    ]);
  });

  test('resolves to itself when read back from config.json', () => {
    const recipe = resolveRecipe({ preset: 'google-small-owt' });
    expect(resolveRecipe({ file: recipeFile(JSON.stringify(recipe)) })).toEqual(recipe);
  });

  test.each([
    ['an unknown key', 'sede: 1', 'sede: unknown key; did you mean seed?'],
    [
      'an unknown key below',
      'optimizer: {weightDecai: 0}',
      'optimizer.weightDecai: unknown key; did you mean weightDecay?',
    ],
    [
      'heads that do not divide the width',
      'generator: {hiddenSize: 65, numAttentionHeads: 2}',
      'generator.hiddenSize: 65 cannot be divided among numAttentionHeads 2',
    ],
    [
      'a sequence longer than the positions',
      'data: {sequenceLength: 512}',
      'data.sequenceLength: 512 exceeds model.maxPositionEmbeddings 64',
    ],
    [
      'a batch that cannot be split',
      'batch: {size: 48}',
      'batch.size: 48 is not a multiple of batch.microSize 32',
    ],
    ['a size of nothing', 'generator: {hiddenSize: 0}', 'generator.hiddenSize: Too small'],
    ['a missing file', 'vocabulary: {file: nowhere.txt}', 'a file is missing: nowhere.txt'],
    ['broken YAML', 'a: [1', 'cannot be read'],
    ['something else', '- 1', 'is not a recipe: found object'],
  ])('refuses %s', (_, text, message) => {
    const file = recipeFile(text);
    expect(() => resolveRecipe({ preset: 'quickstart', file })).toThrow(message);
  });

  test('names all faults at once', () => {
    const set = ['generator.hiddenSize=65', 'generator.numAttentionHeads=2', 'batch.size=48'];
    expect(() => resolveRecipe({ preset: 'quickstart', set })).toThrow(
      /generator\.hiddenSize.*\n.*batch\.size/,
    );
  });

  test('refuses an unknown preset and lists the known ones', () => {
    expect(() => resolveRecipe({ preset: 'constructor' })).toThrow(
      'there is no preset "constructor": expected alectra-small-owt, google-small-owt, quickstart',
    );
  });
});
