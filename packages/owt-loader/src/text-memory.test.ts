import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { ABBREVIATIONS } from './abbreviations.js';
import { splitSentences } from './sentences.js';
import { TextMemory } from './text-memory.js';

describe('UTF-16 units of some UTF-8', () => {
  test.each([
    '',
    'abc',
    'naïve café',
    '第一句',
    '😀😀 a😀',
    'a'.repeat(50),
    `${'b'.repeat(9)}é${'c'.repeat(9)}`,
  ])('%j, wherever it lies', (text) => {
    const memory = new TextMemory(4096);
    for (let from = 0; from < 20; from++) {
      memory.bytes.fill('é');
      const size = memory.bytes.write(text, from);
      expect(memory.utf16Units(from, from + size)).toBe(text.length);
    }
  });
});

describe('bytes are UTF-8, or not, as Node has it', () => {
  const memory = new TextMemory(4096);
  const EDGES = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    0xed,
  ];
  const BYTES = [...EDGES, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  /** Texts of which the module says something else. */
  function wrong(texts: Iterable<readonly number[]>, before: number, behind: number): string[] {
    const found: string[] = [];
    const around = { before: 'a'.repeat(before), behind: 'é'.repeat(behind) };
    for (const text of texts) {
      const bytes = Buffer.concat([
        Buffer.from(around.before),
        Buffer.from(text),
        Buffer.from(around.behind),
      ]);
      memory.bytes.fill(0xbf, 0, 200); // what lies around would continue a character
      memory.bytes.set(bytes, 40);
      const units = memory.utf16Units(40, 40 + bytes.length);
      const expected = isUtf8(bytes) ? bytes.toString().length : -1;
      if (units !== expected) found.push(`${bytes.toString('hex')}: ${units}`);
    }
    return found;
  }
  function* sequences(length: number): Generator<number[]> {
    if (length === 0) yield [];
    else for (const rest of sequences(length - 1)) for (const byte of BYTES) yield [byte, ...rest];
  }
  test('every pair of bytes', () => {
    const pairs = Array.from({ length: 65536 }, (_, n) => [n >>> 8, n & 255]);
    expect(wrong(pairs, 3, 0)).toEqual([]);
  });
  test.each([0, 13, 14, 15, 16])(
    'three bytes from the edges of every class, after %d',
    (before) => {
      expect(wrong(sequences(3), before, 0)).toEqual([]);
      expect(wrong(sequences(3), before, 9)).toEqual([]);
    },
  );
  test('four bytes where one block meets another', () => {
    const leads = [0xe0, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5];
    const all = [...sequences(3)].flatMap((rest) => leads.map((lead) => [lead, ...rest]));
    expect(wrong(all, 14, 0)).toEqual([]);
  });
  test('a text cut at each of its bytes', () => {
    const text = Buffer.from('naïve 第一句 😀😀, and so on é第😀');
    const cuts = Array.from(text, (_, end) => [...text.subarray(0, end)]);
    expect(wrong(cuts, 0, 0)).toEqual([]);
    expect(wrong(cuts, 11, 0)).toEqual([]);
  });
});

test('memory that grows keeps what it holds, and room behind it', () => {
  const memory = new TextMemory(10);
  memory.bytes.write('One. Two');
  const { length } = memory.bytes;
  memory.reserve(length + 1);
  expect(memory.bytes.length).toBeGreaterThanOrEqual(2 * length);
  expect(memory.bytes.toString('utf8', 0, 8)).toBe('One. Two');
  const end = memory.bytes.length;
  memory.bytes.write('One. Two', end - 8);
  expect(memory.sentencesToLines(end - 8, end)).toBe(2);
  expect(memory.bytes.toString('utf8', end - 8)).toBe('One.\nTwo');
});

test('every abbreviation is known, and words like them are not', () => {
  for (const word of ABBREVIATIONS) {
    expect(splitSentences(`The ${word}. Two ${word.toUpperCase()}. Three`)).toHaveLength(1);
    expect(splitSentences(`The ${word}xq. Two`)).toHaveLength(2);
  }
});

test('what trim takes away at the ends of a line becomes spaces, nothing else does', () => {
  const memory = new TextMemory(64);
  const wrong: string[] = [];
  for (let code = 0; code < 0x20000; code++) {
    const character = code >= 0xd800 && code < 0xe000 ? '\ufffd' : String.fromCodePoint(code);
    const text = `${character}a${character}b${character}`;
    const length = memory.bytes.write(text);
    const lines = memory.linesToLines(0, length);
    const found = memory.bytes.toString('utf8', 0, length).replace(/^ +| +$/g, '');
    if (code !== 10 && (found !== text.trim() || lines !== 1)) wrong.push(text);
  }
  expect(wrong).toEqual([]);
});
