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
