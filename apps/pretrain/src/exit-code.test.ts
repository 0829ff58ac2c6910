import { openSync } from 'node:fs';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CommanderError } from 'commander';
import { exitCodeOf, exitCodeOfStatus } from './exit-code.js';
import { UsageError } from './usage-error.js';

let printed: unknown[];
beforeEach(() => {
  printed = [];
  jest.spyOn(console, 'error').mockImplementation((line: unknown) => void printed.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
});

function missingFile(): Error {
  try {
    openSync('/nowhere/at all', 'r');
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
}

test.each([
  ['a mistake of the caller', new UsageError('pretrain: no.'), 2, ['pretrain: no.']],
  ['help', new CommanderError(0, 'commander.help', 'help'), 0, []],
  ['an unknown flag', new CommanderError(1, 'commander.unknownOption', 'unknown'), 2, []],
  [
    'a worded error of a package',
    new RangeError('owt-loader: runs/a has no rows.\nGive more text.'),
    1,
    ['owt-loader: runs/a has no rows.\nGive more text.'],
  ],
  [
    'a system error',
    missingFile(),
    1,
    ["pretrain: ENOENT: no such file or directory, open '/nowhere/at all'"],
  ],
])('%s is one message without a stack trace', (_, error, code, lines) => {
  expect(exitCodeOf(error)).toBe(code);
  expect(printed).toEqual(lines);
});

test('a fault of the program itself keeps its stack trace', () => {
  const error = new TypeError('x is not a function');
  expect(exitCodeOf(error)).toBe(1);
  expect(printed).toEqual([error]);
});

test.each([
  ['finished', 0],
  ['diverged', 3],
  ['interrupted', 75],
] as const)('S7: a run that %s exits with %i', (status, code) => {
  expect(exitCodeOfStatus(status)).toBe(code);
});
