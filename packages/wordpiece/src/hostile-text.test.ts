// Texts made to break an engine: both must agree on them, and they must end.

import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { randomIntegers, smallVocabulary } from './test-support.js';

const vocabulary = smallVocabulary();
const fast = WordPieceTokenizer.fromVocab(vocabulary);
const slow = WordPieceTokenizer.fromVocab(vocabulary, { engine: 'typescript' });

/** As `toEqual`, which takes minutes for millions of numbers. */
function expectEqual(found: ArrayBufferView, expected: ArrayBufferView): void {
  const [a, b] = [found, expected].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  expect(a.equals(b)).toBe(true);
}

function expectSame(text: string): void {
  const [found, expected] = [fast, slow].map((tokenizer) =>
    tokenizer.encode(text, { offsets: true }),
  );
  expectEqual(found.ids, expected.ids);
  expectEqual(found.offsets, expected.offsets);
  expectEqual(found.wordIds, expected.wordIds);
  const [ids, expectedIds] = [fast, slow].map(
    (tokenizer) => tokenizer.encode(text, { addSpecialTokens: false }).ids,
  );
  expectEqual(ids, expectedIds);
}

describe('the caches', () => {
  test('answer each word with its own pieces, however many words share a place', () => {
    // more words of each size than any table has entries, every one seen twice
    const random = randomIntegers(12);
    for (const [length, count] of [
      [6, 160000],
      [12, 40000],
      [24, 4000],
    ]) {
      const words = Array.from({ length: count }, () =>
        Array.from({ length }, () => String.fromCharCode(97 + random(26))).join(''),
      );
      const text = [...words, ...words].join(' ');
      const once = slow.encodeRagged(words).ids as Int32Array;
      const expected = new Int32Array(2 * once.length);
      expected.set(once);
      expected.set(once, once.length);
      expectEqual(fast.encode(text, { addSpecialTokens: false }).ids, expected);
    }
  });
  test('do not take a word for another that differs in a zero byte', () => {
    const options = { cleanText: false } as const;
    const [a, b] = (['auto', 'typescript'] as const).map((engine) =>
      WordPieceTokenizer.fromVocab([...vocabulary, 'un\0'], { ...options, engine }),
    );
    const text = 'un un\0 un\0\0 un unun\0un un';
    expect(a.tokenize(text)).toEqual(b.tokenize(text));
    expect(a.tokenize('un un\0')).toEqual(['un', 'un\0']);
  });
});

describe('marks and spaces of two and three bytes', () => {
  const run = '’“x”— y\u00a0z\u2003丁é’s…«a»\u3000';
  test('at every place of a block', () => {
    const texts = Array.from(
      { length: 200 },
      (_, at) => `${'ab '.repeat(at / 3)}${'c'.repeat(at % 3)}${run}d`,
    );
    const [found, expected] = [fast, slow].map((tokenizer) => tokenizer.encodeRagged(texts));
    expectEqual(found.ids, expected.ids);
    expectEqual(found.rowSplits, expected.rowSplits);
  });
  test('at the end of a row, whose neighbour begins with another', () => {
    const texts = ['a’', '’', '\u00a0', '“b', 'é', '丁', '丁x'];
    const rows = texts.map((text) => [...slow.encode(text, { addSpecialTokens: false }).ids]);
    const { ids, rowSplits } = fast.encodeRagged(texts);
    expect([...ids]).toEqual(rows.flat());
    expect([...rowSplits].slice(1).map((end, k) => end - rowSplits[k])).toEqual(
      rows.map(({ length }) => length),
    );
  });
});

describe('long texts', () => {
  const size = 200_000; // several of the parts that go into WebAssembly at once
  test.each([
    ['without a space', 'x'.repeat(size)],
    ['of marks', '!?.'.repeat(size / 3)],
    ['of marks of three bytes', '’—“'.repeat(size / 30)],
    ['of words with such marks', 'don’t — “stop”\u00a0'.repeat(size / 15)],
    ['of Chinese characters', '一丁'.repeat(size / 2)],
    ['of spaces', ' '.repeat(size)],
    ['of words', 'hello unaffable, '.repeat(size / 17)],
    ['of words of many bytes', 'héllo 한국 '.repeat(size / 9)],
    ['with their only space early', `a ${'b!'.repeat(size / 2)}`],
    ['of combining marks in falling order', 'a\u302e\u1b44\u302f\u1bf2'.repeat(size / 5)],
    ['of one run of them', `a${'\u302e\u1b44'.repeat(size / 2)}`],
    ['of surrogates', '\ud83d'.repeat(size)],
  ])('%s', (_, text) => {
    expectSame(text);
    expectEqual(fast.encodeRagged([text, 'a']).ids, slow.encodeRagged([text, 'a']).ids);
  });
  test('have their places where they are cut', () => {
    const text = 'hello unaffable, '.repeat(size / 17);
    const { offsets, wordIds, length } = fast.encode(text, { offsets: true });
    const last = length - 2;
    expect([offsets[2 * last], offsets[2 * last + 1]]).toEqual([text.length - 2, text.length - 1]);
    expect(wordIds[last]).toBe(3 * Math.floor(size / 17) - 1);
  });
  test('in number are encoded some at a time', () => {
    const texts = Array.from({ length: 3000 }, (_, k) => `hello ${k} `.repeat(1 + (k % 200)));
    const [found, expected] = [fast, slow].map((tokenizer) => tokenizer.encodeRagged(texts));
    expectEqual(found.ids, expected.ids);
    expectEqual(found.rowSplits, expected.rowSplits);
  });
});

describe('lines that WebAssembly takes in windows', () => {
  test('have the same ids and ends wherever windows, rows and other scripts meet', () => {
    const random = randomIntegers(5);
    const parts = ['the', 'unaffable', 'internationalization', 'Zq', '[', '_', '@x', ' ', ' ', ' '];
    const rare = ['\n', '\n\n', 'é', '你', '\u00a0', 'x\u0301', 'a'.repeat(70), '!'.repeat(64)];
    for (let shift = 0; shift < 70; shift++) {
      let text = 'a'.repeat(shift);
      while (text.length < 5000) {
        text += random(30) === 0 ? rare[random(rare.length)] : parts[random(parts.length)];
      }
      // one line in the middle is for the host: its marks may have to be reordered
      if (shift % 7 === 0) text = `${text}\nq\u0301\u0323 the\n${text}`;
      const bytes = new TextEncoder().encode(text);
      const [found, expected] = [fast, slow].map((tokenizer) => tokenizer.encodeBytes(bytes));
      expectEqual(found.ids, expected.ids);
      expectEqual(found.rowSplits, expected.rowSplits);
    }
  });
  test('may be empty, every one', () => {
    const bytes = new Uint8Array(5000).fill(10);
    expect(fast.encodeBytes(bytes).rowSplits).toEqual(new Int32Array(5001));
    expect(fast.encodeBytes(bytes.subarray(0, 1)).rowSplits).toEqual(new Int32Array(2));
  });
});
