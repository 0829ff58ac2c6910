import { describe, expect, test } from '@jest/globals';
import { cleanAsHuggingFace } from './clean-text.js';
import { contamination, isContaminated } from './contamination.js';
import { identify, isHeldOut } from './document.js';
import { drawsFor } from './draws.js';
import { SeenDocuments } from './duplicates.js';

describe('identify', () => {
  test('is the XXH64 of the text, whatever was identified before', () => {
    // of the reference implementation, as in zstd.test.ts
    expect(identify('abc')).toEqual({ high: 0x44bc2cf5, low: 0xad770999 });
    expect(identify('')).toEqual({ high: 0xef46db37, low: 0x51d8e999 });
    expect(identify(Buffer.from('abc'))).toEqual(identify('abc'));
  });

  test('holds out the share that is asked for', () => {
    const count = 20_000;
    for (const share of [0, 0.01, 0.25]) {
      let held = 0;
      for (let i = 0; i < count; i++) if (isHeldOut(identify(`text ${i}`), share)) held++;
      expect(Math.abs(held - count * share)).toBeLessThanOrEqual(
        4 * Math.sqrt(count * share * (1 - share)),
      );
    }
  });
});

describe('drawsFor', () => {
  test('gives streams that are uniform and unrelated for neighbouring keys', () => {
    const buckets = new Float64Array(16);
    let agree = 0;
    for (let key = 0; key < 2000; key++) {
      const a = drawsFor(1, { high: 0, low: key });
      const b = drawsFor(1, { high: 0, low: key + 1 });
      for (let i = 0; i < 8; i++) {
        const bucket = Math.floor(a.uniform() * 16);
        buckets[bucket] = (buckets[bucket] ?? 0) + 1;
        if (bucket === Math.floor(b.uniform() * 16)) agree++;
      }
    }
    const chiSquare = buckets.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(44); // 15 degrees of freedom, p = 1e-4
    expect(Math.abs(agree - 1000)).toBeLessThan(130);
  });

  test('draws integers with both ends included', () => {
    const draws = drawsFor(5, { high: 1, low: 2 });
    const seen = new Set(Array.from({ length: 500 }, () => draws.integer(5, 8)));
    expect([...seen].sort()).toEqual([5, 6, 7, 8]);
  });
});

describe('SeenDocuments', () => {
  test('knows what it has seen, in at most 16 bytes a document', () => {
    const seen = new SeenDocuments();
    const count = 200_000;
    let most = 0;
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      if (!seen.add({ high: Math.imul(i, 0x9e3779b1) >>> 0, low: i })) wrong++;
      if (i > 50_000 && i % 1000 === 0) most = Math.max(most, seen.bytes / i);
    }
    for (let i = 0; i < count; i += 7)
      if (seen.add({ high: Math.imul(i, 0x9e3779b1) >>> 0, low: i })) wrong++;
    expect(wrong).toBe(0);
    expect(seen.size).toBe(count);
    expect(most).toBeLessThan(16);
  });

  test('knows the identity that is all zeros', () => {
    const seen = new SeenDocuments();
    expect(seen.add({ high: 0, low: 0 })).toBe(true);
    expect(seen.add({ high: 0, low: 0 })).toBe(false);
    expect(seen.add({ high: 0, low: 1 })).toBe(true);
  });
});

describe('contamination', () => {
  const thirteen = 'one two three four five six seven eight nine ten eleven twelve thirteen';
  const nine = 'alpha beta gamma delta epsilon zeta eta theta iota';
  const dirt = contamination([`${thirteen} fourteen`, nine, 'a short common phrase']);

  test.each([
    [`Before, ${thirteen.toUpperCase()}! After.`, true],
    [thirteen.replace('one ', ''), false],
    [`${thirteen.replace('one ', '')} fourteen`, true],
    [thirteen.replace('six', 'sixty'), false],
    [`x ${nine.replaceAll(' ', ', ')} y`, true],
    [nine.replace(' iota', ''), false],
    ['a short common phrase', false],
    ['', false],
  ])('%j: %p', (text, expected) => {
    expect(isContaminated(text, dirt)).toBe(expected);
  });

  test('without evaluation texts finds nothing', () => {
    expect(isContaminated(thirteen, contamination([]))).toBe(false);
  });
});

// Values of Python 3.11: re.sub(r"\n{3,}", "\n\n", text).strip()
test.each([
  ['a\n\n\n\nb', 'a\n\nb'],
  ['\n\n a\n\nb \x1c\x85\u3000', 'a\n\nb'],
  ['\ufeffa\u200b', '\ufeffa\u200b'],
  ['\n\n\n', ''],
  ['a\n\n\nb\n\nc\n\n\n\n\nd', 'a\n\nb\n\nc\n\nd'],
  ['', ''],
  ['\u2003\u205f\x1f é\u1680\u2029', 'é'],
])('cleanAsHuggingFace(%j)', (text, expected) => {
  const bytes = Buffer.from(text);
  const left = cleanAsHuggingFace(bytes);
  expect(bytes.toString('utf8', 0, left)).toBe(expected);
});
