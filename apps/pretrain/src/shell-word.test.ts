import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { shellWord } from './shell-word.js';

test.each([
  'runs/quickstart-1',
  '/a b/c',
  "it's",
  '$HOME',
  '',
  '~',
  'a;b',
  'two\nlines',
  '"',
  '\\',
])('a shell reads %j as one word', (text) => {
  const read = execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' });
  expect(read).toBe(text);
});

test('leaves plain paths alone', () => {
  expect(shellWord('runs/quickstart-2026-01-02')).toBe('runs/quickstart-2026-01-02');
});
