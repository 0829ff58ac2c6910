// What --dry-run says of a recipe, and that it leaves nothing behind.

import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { dryRun, formatEstimate } from './dry-run.js';
import { resolveRecipe } from './recipe-file.js';
import { tinyProject } from './test-support.js';

tf.enableProdMode();
registerKernels('cpu');

let root: string;
beforeAll(() => {
  root = tinyProject();
});
afterAll(() => rmSync(root, { recursive: true }));

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('alectra-dry-run-'));

describe('a dry run', () => {
  test('counts parameters and tokens, measures real steps, and leaves nothing', async () => {
    const recipe = resolveRecipe({
      file: join(root, 'recipe.json'),
      set: ['engine=eager', 'model.maxPositionEmbeddings=16'],
    });
    const [before, tensors, there] = [leftovers(), tf.memory().numTensors, readdirSync(root)];
    const estimate = await dryRun(recipe, 0.01);
    // tables 200 x 16, 16 x 16, 2 x 16 and their norm, shared: 3,520; map 272; layer 2,224; heads 504 and 34
    expect(estimate.parameters).toEqual({
      generator: 3520 + 272 + 2224 + 504,
      discriminator: 3520 + 272 + 2224 + 34,
      together: 3520 + 2 * (272 + 2224) + 504 + 34,
    });
    expect(estimate.stateBytes).toBe(9050 * 3 * 4);
    expect([estimate.tokensPerStep, estimate.totalTokens]).toEqual([8 * 16, 8 * 16 * 40]);
    expect(estimate.secondsPerStep).toBeGreaterThan(0);
    expect(estimate.totalSeconds).toBe(40 * estimate.secondsPerStep);
    expect(estimate.residentBytes).toBeGreaterThan(1e7);
    expect(tf.memory().numTensors).toBe(tensors);
    expect([leftovers(), readdirSync(root)]).toEqual([before, there]);
  });

  test('is shown in five lines', () => {
    const estimate = {
      parameters: { generator: 4_810_170, discriminator: 4_747_010, together: 5_633_468 },
      ...{ stateBytes: 67_601_616, residentBytes: 1_264e6, tokensPerStep: 1024 },
      ...{ totalTokens: 1_024_000, secondsPerStep: 0.512, totalSeconds: 512 },
    };
    expect(formatEstimate(estimate)).toBe(
      [
        'parameters   generator 4,810,170, discriminator 4,747,010, together 5,633,468',
        'checkpoint   68 MB (parameters and two moments)',
        'memory       1,264 MB resident after some steps',
        'a step       1,024 token positions, 0.512 s, 2,000 positions/s',
        'the run      1,024,000 token positions, 8:32 at this speed',
      ].join('\n'),
    );
  });
});
