// A lock against a second process on the same folder, by a file that names its holder.
//
// Taking: the file is written under a temporary name and hard-linked to the lock's name, which succeeds for
// one process only and shows others a complete file. A lock whose process is gone is taken over. Processes in
// another container or machine cannot be seen; their locks count as long as their heartbeat moves the file's
// modification time, judged by the file system's own clock.

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError } from './file-error.js';
import { lifeOf, type ProcessIdentity, thisProcess } from './process-identity.js';
import { doneWith, temporaryBeside } from './temporary-name.js';

const ATTEMPTS = 20;

export interface LockOptions {
  /** Seconds of silence after which the lock of an invisible process is taken over. Default 120. */
  readonly silenceSeconds?: number;
  /** Seconds between heartbeats. Default 15. */
  readonly heartbeatSeconds?: number;
}

/** A lock that this process holds. */
export interface Lock {
  readonly path: string;
  /** Throws FileError `lost-lock` if somebody else's lock is at `path` by now. */
  check(): Promise<void>;
  /** Gives the lock back. Safe to call twice. */
  release(): Promise<void>;
}

interface Holder extends ProcessIdentity {
  readonly token: string;
  readonly since: string;
}

/**
 * Takes the lock at `path`, or throws at once.
 *
 * @throws FileError `locked`, naming process, host and start of the holder
 */
export async function acquireLock(
  path: string,
  { silenceSeconds = 120, heartbeatSeconds = 15 }: LockOptions = {},
): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const token = randomBytes(16).toString('hex');
  const holder: Holder = { ...thisProcess(), token, since: new Date().toISOString() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await createLinked(path, holder)) return held(path, token, heartbeatSeconds);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // released in between
    const other = parseHolder(text);
    const silence = await silenceOf(path);
    if (!isStale(other, silence, silenceSeconds)) {
      throw lockedBy(path, other, silence, silenceSeconds);
    }
    if (await takeOver(path, text, holder)) return held(path, token, heartbeatSeconds);
  }
  throw new FileError(
    'locked',
    path,
    `cannot take the lock ${path}: several processes compete for it.\nStart one at a time.`,
  );
}

// The guard is named by the dead lock's content, so that whoever holds it may replace that very lock.
async function takeOver(path: string, stale: string, holder: Holder): Promise<boolean> {
  const guard = `${path}.${parseHolder(stale)?.token.slice(0, 16) ?? 'unreadable'}`;
  if (!(await createLinked(guard, holder))) {
    const other = parseHolder(await readFile(guard, 'utf8').catch(() => ''));
    if (other && lifeOf(other) === 'dead') await rm(guard, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== stale) return false;
    const temporary = await writeTemporary(path, holder);
    await rename(temporary, path).finally(() => doneWith(temporary));
    return parseHolder(await readFile(path, 'utf8'))?.token === holder.token;
  } finally {
    await rm(guard, { force: true });
  }
}

function held(path: string, token: string, heartbeatSeconds: number): Lock {
  const isOurs = async (): Promise<boolean> =>
    parseHolder(await readFile(path, 'utf8').catch(() => ''))?.token === token;
  const beat = setInterval(() => {
    touch(path).catch(() => undefined); // a missed beat is harmless; a lost lock shows in check()
  }, heartbeatSeconds * 1000);
  beat.unref();
  return {
    path,
    async check() {
      if (await isOurs()) return;
      throw new FileError(
        'lost-lock',
        path,
        `the lock ${path} is no longer ours: it was removed or taken over.\n` +
          'Stop here: another process may be writing to the same folder.',
      );
    },
    async release() {
      clearInterval(beat);
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}

// Writing the first byte anew sets the modification time by the file system's clock, not by ours.
async function touch(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.write('{', 0);
  } finally {
    await handle.close();
  }
}

async function createLinked(path: string, holder: Holder): Promise<boolean> {
  const temporary = await writeTemporary(path, holder);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    // a lock that stands is ours, even where its temporary name cannot be removed: that is swept later
    await rm(temporary, { force: true }).catch(() => undefined);
    doneWith(temporary);
  }
}

async function writeTemporary(path: string, holder: Holder): Promise<string> {
  const temporary = temporaryBeside(path, 'tmp');
  await writeFile(temporary, `${JSON.stringify(holder)}\n`, { flag: 'wx' });
  return temporary;
}

/** Seconds since the last heartbeat, by the clock of the file system that holds the lock. */
async function silenceOf(path: string): Promise<number> {
  const probe = temporaryBeside(path, 'tmp');
  try {
    await writeFile(probe, '', { flag: 'wx' });
    const now = (await stat(probe)).mtimeMs;
    const beat = await stat(path).catch(() => undefined);
    return beat ? Math.max(0, now - beat.mtimeMs) / 1000 : 0;
  } finally {
    await rm(probe, { force: true });
    doneWith(probe);
  }
}

function isStale(other: Holder | undefined, silence: number, limit: number): boolean {
  const life = other ? lifeOf(other) : 'unknown';
  return life === 'dead' || (life === 'unknown' && silence > limit);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.token === 'string' && typeof holder.pid === 'number' ? holder : undefined;
  } catch {
    return undefined; // not a lock of ours: only silence can show that it is stale
  }
}

function lockedBy(
  path: string,
  other: Holder | undefined,
  silence: number,
  limit: number,
): FileError {
  const who = other
    ? `process ${other.pid} on ${other.host} holds it since ${other.since}`
    : 'it was not written by this program';
  const visible = other !== undefined && lifeOf(other) === 'alive';
  const advice = visible
    ? 'Wait for that process, or stop it.'
    : `Its last sign of life is ${silence.toFixed(0)} s old; after ${limit} s it is taken over. ` +
      'Remove the file only if that process is surely gone.';
  return new FileError('locked', path, `cannot take the lock ${path}: ${who}.\n${advice}`);
}
