// The table against what Hugging Face's normalizer did to every scalar value, with the usual settings;
// code-points.slow.test.ts does all sixteen.

import { expect, test } from '@jest/globals';
import { normalizedHash, normalizedHashes } from './code-points-test-support.js';

test('every scalar value is normalized as by Hugging Face', () => {
  expect(Object.keys(normalizedHashes)).toHaveLength(16);
  expect(normalizedHash('1111')).toBe(normalizedHashes['1111']);
});
