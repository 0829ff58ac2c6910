// All sixteen settings of the normalizer against Hugging Face; code-points.test.ts does the usual ones.

import { expect, test } from '@jest/globals';
import { normalizedHash, normalizedHashes } from './code-points-test-support.js';

test.each(Object.keys(normalizedHashes))(
  'every scalar value is normalized as by Hugging Face: %s',
  (key) => {
    expect(normalizedHash(key)).toBe(normalizedHashes[key]);
  },
  120_000,
);
