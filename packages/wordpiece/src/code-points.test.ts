// The table against what Hugging Face's normalizer did to every scalar value, as hashes written by
// tools/reference/wordpiece_code_points.py. ALECTRA_ALL_SETTINGS=1 does all sixteen settings.

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { behaviourOf, buildBehaviour } from './behaviour.js';
import { normalizeText } from './normalizer.js';

const golden: { normalized: Record<string, number> } = JSON.parse(
  readFileSync(new URL('../fixtures/code-points.json', import.meta.url), 'utf8'),
);

const keys = process.env.ALECTRA_ALL_SETTINGS ? Object.keys(golden.normalized) : ['1111'];

test.each(keys)('every scalar value is normalized as by Hugging Face: %s', (key) => {
  const [cleanText, handleChineseChars, stripAccents, lowercase] = [...key].map((c) => c === '1');
  const options = { cleanText, handleChineseChars, stripAccents, lowercase };
  const behaviour = buildBehaviour(options);
  let hash = 2166136261;
  const add = (value: number) => {
    hash = Math.imul(hash ^ value, 16777619) >>> 0;
  };
  for (let c = 0; c < 0x110000; c++) {
    if (c >= 0xd800 && c < 0xe000) continue;
    if (behaviourOf(behaviour, c) === 0) {
      add(1);
      add(c);
      continue;
    }
    const { text } = normalizeText(String.fromCodePoint(c), options, behaviour);
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    add(points.length);
    for (const point of points) add(point);
  }
  expect(hash).toBe(golden.normalized[key]);
});
