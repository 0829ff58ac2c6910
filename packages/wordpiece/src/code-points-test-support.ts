// What the normalizer makes of every scalar value, as a hash. Not exported.

import { readFileSync } from 'node:fs';
import { behaviourOf, buildBehaviour } from './behaviour.js';
import { normalizeText } from './normalizer.js';

// globals cost some 100 ns a look-up in Jest's realm
const { imul } = Math;
const { fromCodePoint } = String;

/** Hugging Face's hashes by setting, written by tools/reference/wordpiece_code_points.py. */
export const normalizedHashes: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(new URL('../fixtures/code-points.json', import.meta.url), 'utf8'),
).normalized;

/** @param key clean text, Chinese characters, strip accents, lowercase: each 1 or 0 */
export function normalizedHash(key: string): number {
  const [cleanText, handleChineseChars, stripAccents, lowercase] = [...key].map((c) => c === '1');
  const options = { cleanText, handleChineseChars, stripAccents, lowercase };
  const behaviour = buildBehaviour(options);
  let hash = 2166136261;
  const add = (value: number) => {
    hash = imul(hash ^ value, 16777619) >>> 0;
  };
  for (let c = 0; c < 0x110000; c++) {
    if (c >= 0xd800 && c < 0xe000) continue;
    if (behaviourOf(behaviour, c) === 0) {
      add(1);
      add(c);
      continue;
    }
    const { text } = normalizeText(fromCodePoint(c), options, behaviour);
    const points = [...text];
    add(points.length);
    for (const point of points) add(point.codePointAt(0) ?? 0);
  }
  return hash;
}
