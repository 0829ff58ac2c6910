import { describe, expect, test } from '@jest/globals';
import { recipes, taskSettings } from './recipe.js';
import type { TaskName } from './task.js';

describe('taskSettings', () => {
  // The table of the card: task, batch, epochs, rate (README of lmtuners).
  test.each<[TaskName, number, number, number]>([
    ['cola', 32, 10, 2e-5],
    ['sst2', 16, 3, 5e-5],
    ['mrpc', 128, 10, 1e-4],
    ['stsb', 16, 3, 1e-4],
    ['qqp', 32, 10, 5e-5],
    ['mnli', 32, 3, 1e-4],
    ['qnli', 32, 3, 5e-5],
    ['rte', 32, 5, 1e-4],
  ])('of the card for %s', (task, batchSize, epochs, learningRate) => {
    expect(taskSettings(recipes['alectra-card'], task)).toEqual({
      batchSize,
      epochs,
      learningRate,
    });
  });

  // configure_finetuning.py: three epochs, ten for RTE and STS-B.
  test.each<[TaskName, number]>([
    ['mrpc', 3],
    ['rte', 10],
    ['stsb', 10],
  ])('of ELECTRA for %s', (task, epochs) => {
    expect(taskSettings(recipes.electra, task)).toEqual({
      batchSize: 32,
      epochs,
      learningRate: 3e-4,
    });
  });
});
