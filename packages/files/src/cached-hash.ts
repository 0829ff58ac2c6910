// Files in a Hugging Face cache are links to blobs that are named by their SHA-256: the one thing that tells a
// changed byte in formats without checksums.

import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { sha256File } from './sha256.js';

export interface CachedHash {
  /** SHA-256 by which the cache names the file. */
  readonly expected: string;
  /** SHA-256 of what it holds. */
  readonly found: string;
}

/** What a file's name in a cache says of its bytes, and what they are; undefined where its name is no hash. */
export async function cachedHash(path: string): Promise<CachedHash | undefined> {
  const expected = basename(await realpath(path));
  if (!/^[0-9a-f]{64}$/.test(expected)) return undefined;
  return { expected, found: await sha256File(path) };
}
