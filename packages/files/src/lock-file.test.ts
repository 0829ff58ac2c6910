import { fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { acquireLock } from './lock-file.js';
import { lifeOf, thisProcess } from './process-identity.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  path = join(folder, 'run.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const holder = (change: object): string =>
  JSON.stringify({ ...thisProcess(), token: 'f'.repeat(32), since: '2020-03-01', ...change });

async function age(seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1000);
  await utimes(path, then, then);
}

describe('acquireLock', () => {
  test('gives the lock to one and names the holder to the other', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'locked' });
    await expect(acquireLock(path)).rejects.toThrow(
      `process ${process.pid} on ${thisProcess().host} holds it since 2`,
    );
    await lock.check();
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await acquireLock(path)).release();
  });

  test('takes over the lock of a process that is gone', async () => {
    const child = fork('-e', [''], { execPath: process.execPath, execArgv: ['-e', ''] });
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(path, holder({ pid: child.pid, started: '' }));
    const lock = await acquireLock(path);
    expect(JSON.parse(await readFile(path, 'utf8')).pid).toBe(process.pid);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is not misled by a process id that was given to another process', async () => {
    await writeFile(path, holder({ started: '1' })); // our id, but not our start
    await (await acquireLock(path)).release();
  });

  test('takes over a lock from before the machine was started again', async () => {
    await writeFile(path, holder({ place: '0'.repeat(12), boot: '1'.repeat(12) }));
    await (await acquireLock(path)).release();
  });

  test('respects a lock from elsewhere while its heartbeat goes on, and not after', async () => {
    await writeFile(path, holder({ place: '0'.repeat(12), host: 'node-7', pid: 12 }));
    await expect(acquireLock(path)).rejects.toThrow(
      /process 12 on node-7 .*\nIts last sign of life/,
    );
    await age(200);
    await (await acquireLock(path)).release();
  });

  test('treats a file that is no lock as one, until it is old', async () => {
    await writeFile(path, 'hello');
    await expect(acquireLock(path)).rejects.toThrow('not written by this program');
    await age(200);
    await (await acquireLock(path)).release();
  });

  test('beats, so that others see the lock as alive', async () => {
    const lock = await acquireLock(path, { heartbeatSeconds: 0.02 });
    await age(1000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
  });

  test('says so when the lock was lost, and does not remove the other one', async () => {
    const lock = await acquireLock(path);
    await writeFile(path, holder({ pid: 1 }));
    await expect(lock.check()).rejects.toMatchObject({ code: 'lost-lock' });
    await lock.release();
    expect(await readdir(folder)).toEqual(['run.lock']);
  });

  test('has one winner when many compete for a stale lock', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(path, holder({ started: '1', token: String(round).padStart(32, 'a') }));
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(path)));
      const won = results.filter((result) => result.status === 'fulfilled');
      expect(won.length).toBe(1);
      await won[0].value.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });
});

describe('lifeOf', () => {
  test('knows this process and its parent, and no process that never was', () => {
    const here = thisProcess();
    expect(lifeOf(here)).toBe('alive');
    expect(lifeOf({ ...here, pid: process.ppid, started: '' })).toBe('alive');
    expect(lifeOf({ ...here, pid: 4_194_304 })).toBe('dead');
    expect(lifeOf({ ...here, place: 'other', host: 'other' })).toBe('unknown');
  });
});
