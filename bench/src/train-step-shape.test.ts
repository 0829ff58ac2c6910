import { expect, test } from '@jest/globals';
import { trainStepGigaflop } from './train-step-shape.js';

test('the step holds 71.5 GFLOP of matrix products', () => {
  // a token: discriminator 65,536 + 12 (1,572,864 + 131,072), generator 16,384 + 12 (98,304 + 32,768);
  // a slot: 2 (64·128 + 128·30,522)
  const token = 65_536 + 12 * 1_703_936 + 16_384 + 12 * 131_072;
  const slot = 2 * (8_192 + 3_906_816);
  expect(trainStepGigaflop()).toBeCloseTo((3 * (1024 * token + 152 * slot)) / 1e9, 9);
  expect(trainStepGigaflop()).toBeCloseTo(71.5, 0);
});
