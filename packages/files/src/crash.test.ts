// Cases C1 to C3 of the reference: what readers find if the disk fails, or the process dies, at any call.
//
// The file system is wrapped: the k-th call throws, for every k. A crash is a throw after which nothing more is
// called: the wrapper keeps throwing, so that no clean-up runs.

import { existsSync } from 'node:fs';
import * as real from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

jest.setTimeout(60_000); // flushes are slow on a busy disk; memory serves as well here
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let calls = 0;
let failAt = Number.POSITIVE_INFINITY;
let isCrash = false;

const fault = (): Error => Object.assign(new Error('injected'), { code: 'EIO' });

// biome-ignore lint/suspicious/noExplicitAny: wraps functions of every signature
function guarded(call: (...args: any[]) => any): (...args: any[]) => any {
  return async (...args) => {
    const count = calls++;
    if (count === failAt || (isCrash && count > failAt)) throw fault();
    const result = await call(...args);
    return result !== null && typeof result === 'object' && 'datasync' in result
      ? guard(result)
      : result;
  };
}

function guard(handle: real.FileHandle): real.FileHandle {
  return new Proxy(handle, {
    get(target, name) {
      const value = Reflect.get(target, name);
      // closing is no write: a dead process's files are closed too
      return typeof value === 'function'
        ? name === 'close'
          ? value.bind(target)
          : guarded(value.bind(target))
        : value;
    },
  });
}

jest.unstable_mockModule('node:fs/promises', () =>
  Object.fromEntries(
    Object.entries(real).map(([name, value]) => [
      name,
      typeof value === 'function' ? guarded(value) : value,
    ]),
  ),
);
const { writeFileAtomic } = await import('./atomic-file.js');
const { writeFolderAtomic } = await import('./atomic-folder.js');
const { openLineLog } = await import('./line-log.js');

let folder: string;
beforeEach(async () => {
  folder = await real.mkdtemp(join(MEMORY, 'crash-'));
});
afterEach(async () => {
  heal();
  await real.rm(folder, { recursive: true, force: true });
});

function heal(): void {
  failAt = Number.POSITIVE_INFINITY;
}

/** Runs `write` with the k-th call failing, for every k until it succeeds; returns the number of calls. */
async function atEveryCall(
  crash: boolean,
  write: () => Promise<unknown>,
  afterwards: (failed: boolean) => Promise<void>,
): Promise<number> {
  isCrash = crash;
  for (let k = 0; k < 500; k++) {
    calls = 0;
    failAt = k;
    const failed = await write().then(
      () => false,
      () => true,
    );
    heal();
    await afterwards(failed);
    if (!failed && calls <= k) return k;
  }
  throw new Error('never succeeded');
}

const contentOf = async (path: string): Promise<Record<string, string>> => {
  const names = await real.readdir(path).catch(() => []);
  const entries = names.map(async (name) => [name, await real.readFile(join(path, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(entries));
};

describe.each([
  ['fails', false],
  ['dies', true],
])('a writer that %s at any call', (_, crash) => {
  test('leaves the old file or the new one', async () => {
    const path = join(folder, 'x');
    const steps = await atEveryCall(
      crash,
      async () => {
        await real.writeFile(path, 'old');
        await writeFileAtomic(path, 'new');
      },
      async (failed) => {
        const text = await real.readFile(path, 'utf8');
        expect(failed ? ['old', 'new'] : ['new']).toContain(text);
        await writeFileAtomic(path, 'again');
        expect(await real.readdir(folder)).toEqual(['x']);
      },
    );
    expect(steps).toBeGreaterThan(6);
  });

  test('leaves no folder or a whole one', async () => {
    const path = join(folder, 'step-1');
    const write = (): Promise<void> =>
      writeFolderAtomic(path, async (temporary) => {
        await real.writeFile(join(temporary, 'a'), '1');
        await writeFileAtomic(join(temporary, 'b'), '2');
      });
    const whole = { a: '1', b: '2' };
    const steps = await atEveryCall(crash, write, async (failed) => {
      const found = await contentOf(path);
      expect(failed ? [{}, whole] : [whole]).toContainEqual(found);
      await real.rm(path, { recursive: true, force: true });
      await write();
      expect(await contentOf(path)).toEqual(whole);
      expect(await real.readdir(folder)).toEqual(['step-1']);
      await real.rm(path, { recursive: true });
    });
    expect(steps).toBeGreaterThan(20);
  });

  test('leaves the old folder, if need be under a name that the next writer puts back', async () => {
    const path = join(folder, 'model');
    const write = (text: string): Promise<void> =>
      writeFolderAtomic(path, (temporary) => real.writeFile(join(temporary, 'v'), text), {
        replace: true,
      });
    await atEveryCall(
      crash,
      async () => {
        await real.rm(folder, { recursive: true });
        await real.mkdir(path, { recursive: true });
        await real.writeFile(join(path, 'v'), 'old');
        await write('new');
      },
      async (failed) => {
        // a new process cleans up before it reads
        const { cleanTemporaries } = await import('./temporary-name.js');
        await cleanTemporaries(folder);
        const { v } = await contentOf(path);
        expect(failed ? ['old', 'new'] : ['new']).toContain(v);
        await write('again');
        expect(await real.readdir(folder)).toEqual(['model']);
      },
    );
  });

  test('leaves a log of whole lines', async () => {
    const path = join(folder, 'metrics.jsonl');
    await atEveryCall(
      crash,
      async () => {
        await real.rm(path, { force: true });
        const log = await openLineLog(path);
        try {
          await log.append('one');
          await log.append('two');
        } finally {
          await log.close();
        }
      },
      async (failed) => {
        const log = await openLineLog(path);
        await log.append('next');
        await log.close();
        const text = await real.readFile(path, 'utf8');
        const allowed = ['next\n', 'one\nnext\n', 'one\ntwo\nnext\n'];
        expect(failed ? allowed : allowed.slice(2)).toContain(text);
      },
    );
  });
});

describe('a full disk', () => {
  test('leaves the log as it was before the append that failed', async () => {
    const path = join(folder, 'metrics.jsonl');
    isCrash = false;
    const log = await openLineLog(path);
    await log.append('one');
    calls = 0;
    failAt = 0;
    await expect(log.append('two')).rejects.toThrow('injected');
    heal();
    await log.append('three');
    await log.close();
    expect(await real.readFile(path, 'utf8')).toBe('one\nthree\n');
  });
});
