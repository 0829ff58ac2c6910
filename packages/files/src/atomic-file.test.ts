import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFileAtomic } from './atomic-file.js';
import { writeFolderAtomic } from './atomic-folder.js';
import { FileError } from './file-error.js';
import { thisProcess } from './process-identity.js';
import { cleanTemporaries } from './temporary-name.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { place } = thisProcess();
const DEAD = 4_194_304; // above the largest process id of Linux

describe('writeFileAtomic', () => {
  test('makes missing folders and leaves nothing but the file', async () => {
    await writeFileAtomic(join(folder, 'a/b/c.txt'), 'tea');
    expect(await readFile(join(folder, 'a/b/c.txt'), 'utf8')).toBe('tea');
    expect(await readdir(join(folder, 'a/b'))).toEqual(['c.txt']);
  });

  test('accepts text, bytes and streams of bytes', async () => {
    const path = join(folder, 'x');
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, [new Uint8Array([3]), new Uint8Array([4, 5])]);
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
  });

  test('keeps the old file and removes its temporary when the content fails half-way', async () => {
    const path = join(folder, 'x');
    await writeFileAtomic(path, 'old');
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('the source broke');
    };
    await expect(writeFileAtomic(path, broken())).rejects.toThrow('the source broke');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['x']);
  });

  test('keeps the permissions of the file it replaces', async () => {
    const path = join(folder, 'secret');
    await writeFile(path, 'a');
    await chmod(path, 0o600);
    await writeFileAtomic(path, 'b');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('writeFolderAtomic', () => {
  test('shows the folder only when it is complete', async () => {
    const target = join(folder, 'step-000001');
    const answer = await writeFolderAtomic(target, async (temporary) => {
      await mkdir(join(temporary, 'onnx'));
      await writeFile(join(temporary, 'onnx/model.onnx'), 'graph');
      expect(await readdir(folder)).not.toContain('step-000001');
      return 42;
    });
    expect(answer).toBe(42);
    expect(await readFile(join(target, 'onnx/model.onnx'), 'utf8')).toBe('graph');
    expect(await readdir(folder)).toEqual(['step-000001']);
  });

  test('refuses an existing target before anything is written, unless told to replace it', async () => {
    const target = join(folder, 'model');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'v'), '1'));
    const again = writeFolderAtomic(target, () => Promise.reject(new Error('must not be called')));
    await expect(again).rejects.toThrow(FileError);
    await expect(again).rejects.toThrow('it exists already.\nChoose another name');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'w'), '2'), {
      replace: true,
    });
    expect(await readdir(target)).toEqual(['w']);
    expect(await readdir(folder)).toEqual(['model']);
  });

  test('removes its temporary and keeps the target when filling fails', async () => {
    const target = join(folder, 'model');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'v'), '1'));
    const failing = writeFolderAtomic(
      target,
      async (temporary) => {
        await writeFile(join(temporary, 'v'), '2');
        throw new Error('disk full');
      },
      { replace: true },
    );
    await expect(failing).rejects.toThrow('disk full');
    expect(await readFile(join(target, 'v'), 'utf8')).toBe('1');
    expect(await readdir(folder)).toEqual(['model']);
  });

  test('lets one of two writers of the same new folder win, and tells the other', async () => {
    const target = join(folder, 'model');
    const write = (text: string): Promise<void> =>
      writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'v'), text));
    const results = await Promise.allSettled([write('a'), write('b')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readdir(folder)).toEqual(['model']);
  });
});

describe('cleanTemporaries', () => {
  test('removes the litter of dead processes and keeps that of the living and the invisible', async () => {
    const dead = `.model.tmp-${place}-${DEAD}-1-0-00000000`;
    const alive = `.model.tmp-${place}-${process.ppid}--0-00000000`;
    const thread = `.model.tmp-${place}-${process.pid}-${thisProcess().started}-99-00000000`;
    const elsewhere = `.model.tmp-${'0'.repeat(12)}-${DEAD}-1-0-00000000`;
    for (const name of [dead, alive, thread, elsewhere]) await mkdir(join(folder, name));
    await writeFile(join(folder, 'model.tmp'), 'not ours');
    expect(await cleanTemporaries(folder)).toEqual([dead]);
    expect((await readdir(folder)).sort()).toEqual([alive, thread, elsewhere, 'model.tmp'].sort());
  });

  test('puts back a folder whose replacement was cut off between the two renames', async () => {
    const old = `.model.old-${place}-${DEAD}-1-0-00000000`;
    await mkdir(join(folder, old));
    await writeFile(join(folder, old, 'v'), 'precious');
    await cleanTemporaries(folder);
    expect(await readFile(join(folder, 'model/v'), 'utf8')).toBe('precious');
  });

  test('does not touch what this process is writing', async () => {
    await writeFolderAtomic(join(folder, 'model'), async (temporary) => {
      expect(await cleanTemporaries(folder)).toEqual([]);
      await writeFile(join(temporary, 'v'), '1');
    });
    expect(await readdir(join(folder, 'model'))).toEqual(['v']);
  });
});
