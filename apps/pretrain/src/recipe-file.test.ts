import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { presets } from './presets.js';
import { resolveRecipe } from './recipe-file.js';
import { UsageError } from './usage-error.js';

const recipes = join(dirname(fileURLToPath(import.meta.url)), '../recipes');
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

  test.each(readdirSync(recipes))('of this repository is complete: %s', (name) => {
    expect(resolveRecipe({ file: join(recipes, name) })).toMatchObject({ preset: 'none' });
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
    [
      'bf16 where no engine has it',
      'precision: bf16',
      'precision: bf16 needs engine tensorflow, found onnxruntime',
    ],
    ['a size of nothing', 'generator: {hiddenSize: 0}', 'generator.hiddenSize: Too small'],
    ['a missing file', 'vocabulary: {file: nowhere.txt}', 'a file is missing: nowhere.txt'],
    ['broken YAML', 'a: [1', 'cannot be read'],
    ['something else', '- 1', 'is not a recipe: found a list'],
    ['aliases without end', `a: &a [1]\nb: [${'*a, '.repeat(30)}]`, 'cannot be read'],
    [
      'a projection tied between widths',
      'task: {tie: {projection: true}}',
      'task.tie.projection: both networks need the same hiddenSize',
    ],
    [
      'an encoder tied between sizes',
      'task: {tie: {encoder: true}}',
      'task.tie.encoder: both networks need the same hiddenSize and intermediateSize',
    ],
    [
      'a BERT narrower than its tables',
      'model: {family: bert}',
      'generator.hiddenSize: 32 is not model.embeddingSize 64, as model.family bert needs',
    ],
    [
      "ALBERT's dropout in an ELECTRA",
      'model: {family: electra, attentionOutputDropout: attention}',
      'model.attentionOutputDropout: belongs to model.family albert: leave it out',
    ],
    [
      'an unknown activation',
      'model: {hiddenAct: gelux}',
      'model.hiddenAct: not an activation of @alectra/nn',
    ],
    ['one segment', 'model: {typeVocabSize: 1}', 'model.typeVocabSize: examples have two segments'],
    [
      'a broken pattern',
      'optimizer: {excludeFromDecay: [bias, "("]}',
      'optimizer.excludeFromDecay.1: not a regular expression',
    ],
    ['an unknown best', 'intervals: {keepBest: los}', 'intervals.keepBest: Invalid option'],
    ['weights from nowhere', 'initFrom: nowhere', 'initFrom: there are no weights in nowhere'],
    ['a folder as vocabulary', 'vocabulary: {file: "."}', '. is a folder.'],
    [
      'a folder that holds no shards',
      'data: {shards: "."}',
      'data.shards: . is not a folder of shards',
    ],
  ])('refuses %s', (_, text, message) => {
    const file = recipeFile(text);
    expect(() => resolveRecipe({ preset: 'quickstart', file })).toThrow(message);
  });

  test.each([
    ['a folder as recipe', { file: folder }, `there is no recipe file ${folder}`],
    ['a broken value', { set: ['seed=[1'] }, '--set seed=[1 cannot be read'],
    ['no assignment', { set: ['seed'] }, '--set seed is not an assignment'],
  ])('refuses %s', (_, sources, message) => {
    expect(() => resolveRecipe({ preset: 'quickstart', ...sources })).toThrow(UsageError);
    expect(() => resolveRecipe({ preset: 'quickstart', ...sources })).toThrow(message);
  });

  test('refuses a vocabulary without special tokens, and names them', () => {
    const path = join(folder, 'vocab.txt');
    writeFileSync(path, '[PAD]\n[UNK]\n[CLS]\nword\n');
    const flags = { vocabulary: { file: path } };
    expect(() => resolveRecipe({ preset: 'quickstart', flags })).toThrow(
      `vocabulary.file: ${path} has no [SEP], [MASK].`,
    );
  });

  test('needs its text no more once the run folder has vocabulary and shards', () => {
    const flags = { data: { text: [join(folder, 'moved.txt')] } };
    const run = join(folder, 'run');
    mkdirSync(join(run, 'shards'), { recursive: true });
    const resolve = (): unknown => resolveRecipe({ preset: 'quickstart', flags, folder: run });
    expect(resolve).toThrow('a file is missing');
    writeFileSync(join(run, 'vocab.txt'), '');
    expect(resolve).not.toThrow();
  });

  test('names all faults at once', () => {
    const set = ['generator.hiddenSize=65', 'generator.numAttentionHeads=2', 'batch.size=48'];
    expect(() => resolveRecipe({ preset: 'quickstart', set })).toThrow(
      /generator\.hiddenSize.*\n.*batch\.size/,
    );
  });

  test('refuses an unknown preset and lists the known ones', () => {
    expect(() => resolveRecipe({ preset: 'constructor' })).toThrow(
      'there is no preset "constructor": expected alectra-small-owt, alectra-as-coded, google-small-owt',
    );
  });
});
