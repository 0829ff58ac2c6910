// A folder of files that is there whole or not at all: checkpoints, exported models, shards.

import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './atomic-file.js';
import { FileError } from './file-error.js';
import { cleanTemporaries, doneWith, exists, temporaryBeside } from './temporary-name.js';

export interface FolderOptions {
  /** Put the new folder in the place of an existing one; without it, an existing target is an error. */
  readonly replace?: boolean;
}

/**
 * Lets `fill` write into a temporary folder beside `path`, flushes all of it to the disk, and renames it to
 * `path`. Readers and crashes see no folder (or the old one) or the whole new one.
 *
 * Replacing takes two renames: a crash between them leaves the old folder under a hidden name, and the next
 * call, or {@link cleanTemporaries}, puts it back. What crashed writers of the same `path` left is removed.
 * If `fill` fails, the temporary is removed and `path` is as it was.
 *
 * @returns what `fill` returned
 * @throws FileError `exists`, before `fill` is called, if `path` exists and `replace` is not set
 */
export async function writeFolderAtomic<T>(
  path: string,
  fill: (temporary: string) => Promise<T>,
  { replace = false }: FolderOptions = {},
): Promise<T> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  await cleanTemporaries(parent, basename(path));
  if (!replace && (await exists(path))) throw alreadyThere(path);

  const temporary = temporaryBeside(path, 'tmp');
  const old = temporaryBeside(path, 'old');
  try {
    await mkdir(temporary);
    const result = await fill(temporary);
    await syncTree(temporary);
    await place(temporary, path, replace ? old : undefined);
    await syncFolder(parent);
    await rm(old, { recursive: true, force: true }).catch(() => undefined); // litter, removed by the next call
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  } finally {
    doneWith(temporary);
    doneWith(old);
  }
}

async function place(temporary: string, path: string, old: string | undefined): Promise<void> {
  if (old !== undefined && (await exists(path))) {
    await rename(path, old);
    try {
      await rename(temporary, path);
    } catch (error) {
      await rename(old, path);
      throw error;
    }
    return;
  }
  await rename(temporary, path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOTEMPTY' || error.code === 'EEXIST' ? alreadyThere(path) : error;
  });
}

function alreadyThere(path: string): FileError {
  return new FileError(
    'exists',
    path,
    `cannot make the folder ${path}: it exists already.\nChoose another name, or remove it first.`,
  );
}

// Files first, then the folder that names them.
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
