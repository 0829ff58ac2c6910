import { describe, expect, test } from '@jest/globals';
import { splitSentences } from './sentences.js';

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
    const start = performance.now();
    splitSentences(text);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
