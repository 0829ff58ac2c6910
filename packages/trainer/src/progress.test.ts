import { describe, expect, test } from '@jest/globals';
import type { Progress } from './progress.js';
import { formatDuration, formatProgress, progressPrinter } from './progress.js';

const at = (step: number, more: Partial<Progress> = {}): Progress => ({
  step,
  steps: 900,
  shown: 'loss 21.30',
  tokensPerSecond: 1234.4,
  secondsLeft: 130,
  ...more,
});

describe('the progress line', () => {
  test('shows step, share, losses, speed and time left', () => {
    expect(formatProgress(at(120))).toBe('step 120/900   13 %  loss 21.30  1,234 tok/s  2:10 left');
  });

  test('says done at the end', () => {
    expect(formatProgress(at(900))).toMatch(/100 % .* done$/);
  });

  test.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [60, '1:00'],
    [3725, '1:02:05'],
    [4 * 86_400 + 3 * 3600, '4 d 3 h'],
    [Number.NaN, '?'],
    [-1, '?'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('the printer', () => {
  test('rewrites one line on a terminal and cuts it at the edge', () => {
    const written: string[] = [];
    const printer = progressPrinter({
      write: (text) => written.push(text),
      isTerminal: true,
      columns: () => 30,
    });
    printer.show(at(1));
    printer.note('saved');
    printer.show(at(2));
    printer.end();
    const first = 'step   1/900    0 %  loss 21.3';
    expect(written).toEqual([
      `\r\u001b[K${first.slice(0, 29)}`,
      `\r\u001b[Ksaved\n${first.slice(0, 29)}`,
      `\r\u001b[K${first.replace('1/', '2/').slice(0, 29)}`,
      '\n',
    ]);
  });

  test('prints a plain line now and then elsewhere, and the last one always', () => {
    const written: string[] = [];
    let ms = 0;
    const printer = progressPrinter({
      write: (text) => written.push(text),
      isTerminal: false,
      everySeconds: 10,
      now: () => ms,
    });
    for (let step = 896; step <= 900; step++, ms += 4000) printer.show(at(step));
    printer.end();
    expect(written.map((line) => line.slice(0, 12))).toEqual([
      'step 896/900',
      'step 899/900',
      'step 900/900',
    ]);
    expect(written.join('')).not.toContain('\u001b');
  });
});
