import { beforeAll, describe, expect, test } from '@jest/globals';
import { fillMask } from './fill-mask.js';
import { maskedLM, maskedTexts, ready, tokenizer } from './models.test-support.js';

beforeAll(ready);

describe.each(['eager', 'onnxruntime'] as const)('on %s', (engine) => {
  test('an answer alone is the answer in any batch', async () => {
    const fill = await fillMask({ model: maskedLM, tokenizer, engine, threads: 1 });
    const texts = maskedTexts(24);
    const together = await fill.call(texts);
    for (const [at, text] of texts.entries()) {
      const [alone] = await fill.call([text]);
      expect(alone).toHaveLength(5);
      expect(JSON.stringify(alone)).not.toContain('NaN');
      for (const [place, one] of (alone as { score: number; token: number }[]).entries()) {
        const other = (together[at] as { score: number; token: number }[])[place];
        expect(Math.abs(one.score - other.score)).toBeLessThan(1e-5);
        expect(other.token).toBe(one.token);
      }
    }
    fill.dispose();
  });
});
