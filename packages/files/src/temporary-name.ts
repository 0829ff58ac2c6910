// Names of unfinished files and folders, which tell whose they are:
// `.model.tmp-<place>-<process>-<its start>-<thread>-<random>`.
//
// A temporary whose process is gone is litter and is removed by the next writer of the same name. One from
// another machine or container is left alone for a day.

import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { lifeOf, thisProcess } from './process-identity.js';

const DAY_MS = 86_400_000;
const PATTERN = /^\.(.+)\.(tmp|old)-([0-9a-f]{12})-(\d+)-(\d*)-(\d+)-[0-9a-f]{8}$/;

// Temporaries that this very thread is writing, by path.
const inUse = new Set<string>();

/** A fresh name beside `target`: `tmp` for what is being written, `old` for what is being replaced. */
export function temporaryBeside(target: string, kind: 'tmp' | 'old'): string {
  const { place, pid, started } = thisProcess();
  const owner = `${place}-${pid}-${started}-${threadId}`;
  const name = `.${basename(target)}.${kind}-${owner}-${randomBytes(4).toString('hex')}`;
  const path = join(dirname(target), name);
  inUse.add(path);
  return path;
}

/** Says that `path` is written (or removed) and no longer in use by this process. */
export function doneWith(path: string): void {
  inUse.delete(path);
}

/**
 * Removes what crashed writers left in `folder`; a folder that was being replaced when its writer died is
 * put back. Temporaries of running processes stay.
 *
 * @param only look after this name alone
 * @returns names of the entries removed or put back
 */
export async function cleanTemporaries(folder: string, only?: string): Promise<string[]> {
  const cleaned: string[] = [];
  for (const entry of await readdir(folder)) {
    const match = PATTERN.exec(entry);
    if (!match || (only !== undefined && match[1] !== only)) continue;
    const path = join(folder, entry);
    if (inUse.has(path) || !(await isStale(path, match))) continue;
    const target = join(folder, match[1]);
    if (match[2] === 'old' && !(await exists(target))) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
    cleaned.push(entry);
  }
  return cleaned;
}

async function isStale(
  path: string,
  [, , , place, pid, started, thread]: string[],
): Promise<boolean> {
  const here = thisProcess();
  if (place === here.place) {
    const isOwn = Number(pid) === here.pid && started === here.started;
    if (isOwn) return Number(thread) === threadId; // what other threads are writing cannot be seen
    return lifeOf({ ...here, pid: Number(pid), started }) === 'dead';
  }
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > DAY_MS;
}

/** Whether something, be it a dangling link's target, is reachable at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
