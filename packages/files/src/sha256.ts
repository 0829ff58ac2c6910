// SHA-256 and git's blob id: the two digests by which the Hugging Face hub names file contents.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 of `bytes` (a string counts as UTF-8), 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file, read as a stream, 64 hexadecimal digits. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Git's blob id, SHA-1 over `blob <length>\0` and the bytes, 40 hexadecimal digits. */
export async function gitBlobIdOfFile(path: string, byteLength: number): Promise<string> {
  const hash = createHash('sha1').update(`blob ${byteLength}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}
