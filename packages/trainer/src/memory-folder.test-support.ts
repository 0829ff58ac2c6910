// Where tests let a trainer write: in memory, where the system has a file system for that. Every checkpoint is flushed,
// and a disk that others use makes tests of many runs wait for it; what is asked of the file system is the same.

import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder; the caller removes it. */
export function memoryFolder(name: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `${name}-`));
}
