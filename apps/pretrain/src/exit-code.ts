// How the program ends: 0 done, 1 failure, 2 a mistake in flags or recipe, 3 diverged, 75 stopped and resumable.

import { types } from 'node:util';
import { DIVERGED_EXIT_CODE, INTERRUPTED_EXIT_CODE, type RunResult } from '@alectra/trainer';
import { CommanderError } from 'commander';
import { UsageError } from './usage-error.js';

export const USAGE_EXIT_CODE = 2;

/** Errors that a package of this repository words itself: `package: what failed`, then what to do. */
const WORDED =
  /^(?:albert|bert|checkpoint|electra-task|files|glue|jit|nn|optim|owt-loader|pretrain|trainer|wordpiece): /;

export function exitCodeOfStatus(status: RunResult['status']): number {
  switch (status) {
    case 'finished':
      return 0;
    case 'interrupted':
      return INTERRUPTED_EXIT_CODE;
    case 'diverged':
      return DIVERGED_EXIT_CODE;
  }
}

/** Prints what went wrong, without a stack trace for a mistake of the caller, and returns the exit code. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  if (error instanceof UsageError) {
    console.error(error.message);
    return USAGE_EXIT_CODE;
  }
  if (types.isNativeError(error) && (WORDED.test(error.message) || isSystemError(error))) {
    console.error(WORDED.test(error.message) ? error.message : `pretrain: ${error.message}`);
    return 1;
  }
  console.error(error);
  return 1;
}

/** A full disk, a folder that may not be written: the message names call and path. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'code' in error;
}
