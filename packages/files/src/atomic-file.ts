// A file that is there whole or not at all, also after a power cut.
//
// Bytes go to a temporary beside the target, which is flushed to the disk and renamed over the target; then
// the folder is flushed, so that the rename itself is durable.

import { chmod, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { cleanTemporaries, doneWith, temporaryBeside } from './temporary-name.js';

const WRITE_BYTES = 64 << 20;

export type Content = string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes `content` to `path` so that readers and crashes see the old file or the new one, never a mixture.
 *
 * Missing folders are made. An existing file keeps its permissions. On failure (a full disk, say) the old
 * file is untouched and the temporary is removed. What crashed writers of the same `path` left is removed too.
 */
export async function writeFileAtomic(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await cleanTemporaries(dirname(path), basename(path));
  const temporary = temporaryBeside(path, 'tmp');
  try {
    await writeDurably(temporary, content);
    const old = await stat(path).catch(() => undefined);
    if (old?.isFile()) await chmod(temporary, old.mode & 0o777);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    doneWith(temporary);
  }
}

/** Writes a new file and flushes it to the disk. It must not exist. Not atomic: see {@link writeFileAtomic}. */
export async function writeDurably(path: string, content: Content): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    const whole = typeof content === 'string' || content instanceof Uint8Array;
    for await (const chunk of whole ? [content] : content) {
      await writeAll(handle, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// FileHandle.writeFile goes in steps of 512 KiB, which is slow for weights.
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, WRITE_BYTES);
    at += (await handle.write(bytes, at, length)).bytesWritten;
  }
}

/** Flushes a folder's entries (new names, renames) to the disk. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
