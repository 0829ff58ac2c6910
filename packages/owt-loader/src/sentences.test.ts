import { describe, expect, test } from '@jest/globals';
import { drawsFor } from './draws.js';
import { type Splitter, splitSentences } from './sentences.js';
import { TextMemory } from './text-memory.js';

describe('splitSentences', () => {
  test.each([
    ['It rained. It poured.', ['It rained.', 'It poured.']],
    ['Really?! "Yes." He left.', ['Really?!', '"Yes."', 'He left.']],
    [
      'Mr. Smith met Dr. Jones at 3 p.m. on Sunday.',
      ['Mr. Smith met Dr. Jones at 3 p.m. on Sunday.'],
    ],
    [
      'J. R. R. Tolkien wrote it. So did I. We know.',
      ['J. R. R. Tolkien wrote it.', 'So did I.', 'We know.'],
    ],
    ['Version 1.2.3 is out. See e.g. the notes.', ['Version 1.2.3 is out.', 'See e.g. the notes.']],
    ['One line\nanother line\n\n third ', ['One line', 'another line', 'third']],
    ['He said (it was late.) Then he left.', ['He said (it was late.)', 'Then he left.']],
    ['lower. case does not open', ['lower. case does not open']],
    ['第一句. 第二句.', ['第一句.', '第二句.']],
    ['...', ['...']],
    [' \n\t\n', []],
  ])('%j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  test('loses no character but white space', () => {
    const text = 'A b. C?! "D." (E) f... G\r\nH. I. J etc. K. 5 L.\u00a0M';
    expect(splitSentences(text).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  });

  test('takes time in proportion to the text', () => {
    const text = `${'.'.repeat(200_000)} ${'a.'.repeat(100_000)}`;
    const start = process.cpuUsage();
    splitSentences(text);
    const { user, system } = process.cpuUsage(start);
    expect(user + system).toBeLessThan(1_000_000);
  });
});

const memory = new TextMemory(4096);

/** The lines that are made of a text in the middle of other bytes, trimmed, none empty. */
function linesOf(text: string, toLines: Splitter): string[] {
  const bytes = memory.bytes.subarray(0, memory.bytes.write(`~~${text}\n~~`));
  const lines = memory[toLines](2, bytes.length - 3);
  const outside = bytes.toString('latin1', 0, 2) + bytes.toString('latin1', bytes.length - 3);
  const found = bytes.toString('utf8', 2, bytes.length - 3).split('\n');
  if (outside !== '~~\n~~' || found.length !== lines)
    throw new Error(`${JSON.stringify(text)}: ${outside}, ${found.length} lines, not ${lines}`);
  const blank = found.find((line) => line.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '') !== line.trim());
  if (blank !== undefined)
    throw new Error(`a blank was left at an end of ${JSON.stringify(blank)}`);
  return found.map((line) => line.trim()).filter(Boolean);
}

describe('sentencesToLines', () => {
  test('finds the sentences of the rule, a character at a time', () => {
    // Every string of three of these between others, which meet each branch of the rule, and longer ones.
    const compare = (text: string): void => {
      const found = linesOf(text, 'sentencesToLines');
      const expected = bySteps(text);
      // Fifty thousand comparisons by expect alone would take a minute.
      if (found.join('\n') !== expected.join('\n')) expect(found).toEqual(expected);
    };
    const parts = [
      ...['a', 'B', 'Mr', '.', '!', '?', ' ', '\t', '\n', '\r', '\u00a0', '"', '”', '’', '»', '«'],
      ...[
        '(',
        '\u2003',
        '\u3000',
        '\ufeff',
        '第',
        '😀',
        '\u0085',
        '\v',
        '\x7f',
        '\u2014',
        '\u00c2',
      ],
      '1',
    ];
    const count = parts.length;
    for (let n = 0; n < count ** 3; n++) {
      const pick = (i: number): string => parts[Math.floor(n / count ** i) % count] ?? '';
      for (const text of [`x.${pick(0)}${pick(1)}${pick(2)}`, `${pick(0)}${pick(1)}. ${pick(2)}y`])
        compare(text);
    }
    const draws = drawsFor(5, { high: 1, low: 2 });
    for (let n = 0; n < 2000; n++) {
      const text = Array.from({ length: 40 }, () => parts[draws.integer(0, count - 1)]).join('');
      compare(text);
    }
  });
});

test('where a text lies in memory does not change its sentences', () => {
  const text = 'Mr. A came, and saw 12.5 ships!  "Where?" he\tasked.\nB. left; all did... (C)';
  const expected = [
    'Mr. A came, and saw 12.5 ships!',
    '"Where?" he\tasked.',
    'B. left; all did...',
    '(C)',
  ];
  for (let before = 0; before < 33; before++) {
    const end = before + text.length;
    const bytes = memory.bytes.fill('.').subarray(0, end + 50);
    bytes.write(text, before);
    const lines = memory.sentencesToLines(before, end);
    const found = bytes.toString('utf8', before, end).split('\n');
    expect(found.map((line) => line.trim())).toEqual(expected);
    expect(lines).toBe(expected.length);
    const outside = bytes.toString('utf8', 0, before) + bytes.toString('utf8', end);
    expect(outside).toBe('.'.repeat(before + 50));
  }
});

test('linesToLines strips lines', () => {
  expect(linesOf(' a. B \r\n\n\u3000\t\nc\u00a0\n', 'linesToLines')).toEqual(['a. B', 'c']);
});

/** The rule over characters, as plainly as it can be said. */
function bySteps(text: string): string[] {
  const characters = [...text];
  const isOneOf = (set: string, at: number): boolean => set.includes(characters[at] ?? '~');
  const sentences: string[] = [];
  let sentence = '';
  for (let i = 0; i < characters.length; i++) {
    sentence += characters[i];
    let end = characters[i] === '\n' ? i + 1 : 0;
    if (isOneOf('.!?', i)) {
      let close = i + 1;
      while (isOneOf('.!?"\')]”’»', close)) close++;
      let opening = close;
      while (isOneOf(' \t\r\u00a0', opening)) opening++;
      const opens = /^[A-Z0-9"'([\u0080-\u{10ffff}]/u.test(characters[opening] ?? '');
      const word = /[A-Za-z.]*$/.exec(characters.slice(0, i).join(''))?.[0] ?? '';
      const isShort =
        characters[i] === '.' && /^(?:[A-HJ-Z.]|mr)$/i.test(word) && !/^[a-z]$/.test(word);
      for (let at = i + 1; at < close; at++) sentence += characters[at];
      i = close - 1;
      if (opening > close && opens && !isShort) end = close;
    }
    if (end === 0) continue;
    sentences.push(sentence);
    sentence = '';
  }
  return [...sentences, sentence].map((one) => one.trim()).filter(Boolean);
}
