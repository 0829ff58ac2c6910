// From the hub into a blob of the cache: resumed where it broke off, verified, placed by rename.
//
// A blob's name is its digest: SHA-256 for large files, git's blob id for small ones. The partial file is named by
// it too, so a later call, or another process after a crash, continues it; the digest of the whole is tested at the
// end in any case. One process downloads, others wait for its blob.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncFolder } from './atomic-file.js';
import { FileError } from './file-error.js';
import { HubError } from './hub-error.js';
import type { HubOptions } from './hub-options.js';
import { HubTrouble, reasonOf, send, withAttempts } from './hub-request.js';
import { acquireLock, type Lock } from './lock-file.js';
import { gitBlobIdOfFile, sha256File } from './sha256.js';

const WAIT_MS = 100;

export interface HubBlob {
  /** For messages and events. */
  readonly file: string;
  readonly url: string;
  /** Digest: 64 hexadecimal digits are SHA-256, 40 are git's blob id. */
  readonly etag: string;
  readonly byteLength: number;
  /** Where to put it. */
  readonly path: string;
  readonly lockPath: string;
}

// Downloads of this process, by path: a second caller gets the first one's promise.
const running = new Map<string, Promise<void>>();

/** Makes sure that the blob is in its place, whole and verified. */
export function ensureBlob(blob: HubBlob, options: HubOptions): Promise<void> {
  const known = running.get(blob.path);
  if (known) return known;
  const work = ensureAlone(blob, options).finally(() => running.delete(blob.path));
  running.set(blob.path, work);
  return work;
}

async function ensureAlone(blob: HubBlob, options: HubOptions): Promise<void> {
  await mkdir(dirname(blob.path), { recursive: true });
  let lock: Lock | undefined;
  try {
    while (!(await isPresent(blob, options.verify === true))) {
      if (lock) {
        await download(blob, options);
        continue;
      }
      // With the lock in hand the blob is looked for again: its last holder may just have finished.
      lock = await tryLock(blob.lockPath);
      if (!lock) await sleep(WAIT_MS);
    }
  } finally {
    await lock?.release();
  }
}

async function tryLock(path: string): Promise<Lock | undefined> {
  try {
    return await acquireLock(path);
  } catch (error) {
    if (error instanceof FileError && error.code === 'locked') return undefined;
    throw error;
  }
}

/** Whether the blob is there in full length; a wrong one is removed. */
async function isPresent(blob: HubBlob, verify: boolean): Promise<boolean> {
  const found = await stat(blob.path).catch(() => undefined);
  if (!found) return false;
  if (found.size === blob.byteLength && (!verify || (await matches(blob, blob.path)))) return true;
  await rm(blob.path, { force: true });
  return false;
}

async function matches({ etag }: HubBlob, path: string): Promise<boolean> {
  if (etag.length === 64) return (await sha256File(path)) === etag;
  return (await gitBlobIdOfFile(path, (await stat(path)).size)) === etag;
}

async function download(blob: HubBlob, options: HubOptions): Promise<void> {
  const partial = `${blob.path}.alectra-incomplete`;
  await checkSpace(blob, partial);
  for (let round = 0; ; round++) {
    const digest = await withAttempts(blob.file, options, () => receive(blob, partial, options));
    if (digest === blob.etag) break;
    await rm(partial, { force: true });
    // The first round may have continued a bad beginning; a whole download that is wrong stays wrong.
    if (round > 0) throw tampered(blob, digest);
  }
  await rename(partial, blob.path);
  await syncFolder(dirname(blob.path));
}

// Returns the digest of the complete file.
async function receive(blob: HubBlob, partial: string, options: HubOptions): Promise<string> {
  const handle = await open(partial, 'a+');
  try {
    let { size } = await handle.stat();
    if (size > blob.byteLength) {
      await handle.truncate(0);
      size = 0;
    }
    const hash = await hashOf(blob, partial, size);
    if (size === blob.byteLength) return hash.digest('hex');
    return await append(blob, handle, size, hash, options);
  } finally {
    await handle.close();
  }
}

async function append(
  blob: HubBlob,
  handle: FileHandle,
  begin: number,
  begun: Hash,
  options: HubOptions,
): Promise<string> {
  const { file, url, byteLength } = blob;
  const range = begin > 0 ? { range: `bytes=${begin}-` } : undefined;
  const answer = await send({ method: 'GET', url, file, headers: range }, options);
  const { response } = answer;
  try {
    let received = begin;
    let hash = begun;
    const resumes = response.headers.get('content-range')?.startsWith(`bytes ${begin}-`) ?? false;
    if (begin > 0 && !(response.status === 206 && resumes)) {
      // no ranges here, or another one than asked for: from the start, with this answer if it is whole
      await handle.truncate(0);
      if (response.status !== 200) throw new HubTrouble(`status ${response.status} to a range`, 0);
      received = 0;
      hash = await hashOf(blob, '', 0);
    } else if (response.status !== (begin > 0 ? 206 : 200)) {
      throw new HubTrouble(`status ${response.status} for ${url}`);
    }
    for await (const chunk of response.body ?? []) {
      answer.alive();
      received += chunk.length;
      if (received > byteLength) {
        await handle.truncate(0);
        throw new HubTrouble(`more than the ${byteLength} bytes that were announced`);
      }
      await handle.appendFile(chunk);
      hash.update(chunk);
      options.onEvent?.({
        type: 'progress',
        file,
        receivedBytes: received,
        totalBytes: byteLength,
      });
    }
    if (received < byteLength) throw new HubTrouble(`${received} of ${byteLength} bytes`, 0);
    await handle.sync();
    return hash.digest('hex');
  } catch (error) {
    if (error instanceof HubTrouble) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw diskFull(blob, error);
    throw new HubTrouble(reasonOf(error), undefined, { cause: error });
  } finally {
    answer.done();
    await response.body?.cancel().catch(() => undefined);
  }
}

async function hashOf({ etag, byteLength }: HubBlob, path: string, size: number): Promise<Hash> {
  const hash =
    etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${byteLength}\0`);
  if (size > 0) for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash;
}

async function checkSpace(blob: HubBlob, partial: string): Promise<void> {
  const have = (await stat(partial).catch(() => undefined))?.size ?? 0;
  const { bavail, bsize } = await statfs(dirname(blob.path));
  if (bavail * bsize < blob.byteLength - have) throw diskFull(blob);
}

function diskFull({ file, byteLength, path }: HubBlob, cause?: unknown): HubError {
  return new HubError(
    'disk-full',
    `no room for ${file}, ${byteLength} bytes, in ${dirname(path)}.\n` +
      'Free some space, or move the cache with HF_HUB_CACHE.',
    { cause },
  );
}

function tampered({ file, url, etag }: HubBlob, digest: string): HubError {
  return new HubError(
    'tampered',
    `the bytes of ${file} are not those that the hub announced: digest ${digest}, expected ${etag} (${url}).\n` +
      'Something between here and the hub changes the file; nothing was kept.',
  );
}
