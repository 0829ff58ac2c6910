// All sixteen settings of the normalizer against Hugging Face; code-points.test.ts does the usual ones.
// ALECTRA_SLOW=short does eight, among which each three of the four settings occur in every combination.

import { expect, test } from '@jest/globals';
import { normalizedHash, normalizedHashes } from './code-points-test-support.js';

const settings = Object.keys(normalizedHashes);
const isEven = (key: string) => key.split('1').length % 2 === 1;

test.each(process.env.ALECTRA_SLOW === 'short' ? settings.filter(isEven) : settings)(
  'every scalar value is normalized as by Hugging Face: %s',
  (key) => {
    expect(normalizedHash(key)).toBe(normalizedHashes[key]);
  },
  120_000,
);
