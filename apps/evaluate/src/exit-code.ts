// How the program ends: 0 done, 1 failure or defects found, 2 a mistake in flags, 75 stopped and resumable.

import { types } from 'node:util';
import { CommanderError } from 'commander';
import { UsageError } from './usage-error.js';

export const USAGE_EXIT_CODE = 2;

/** Errors that a package of this repository words itself: `package: what failed`, then what to do. */
const WORDED = /^(?:albert|bert|checkpoint|evaluate|files|glue|jit|nn|optim|trainer|wordpiece): /;

/** Prints what went wrong, without a stack trace for a mistake of the caller, and returns the exit code. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  if (error instanceof UsageError) {
    console.error(error.message);
    return USAGE_EXIT_CODE;
  }
  if (types.isNativeError(error) && (WORDED.test(error.message) || 'syscall' in error)) {
    console.error(WORDED.test(error.message) ? error.message : `evaluate: ${error.message}`);
    return 1;
  }
  console.error(error);
  return 1;
}
