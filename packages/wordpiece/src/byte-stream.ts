// Files and other streams of bytes, cut into pieces of whole lines.

import { requireBytes } from './arguments.js';
import { fileSystem } from './folder.js';

const LINE_FEED = 10;

/**
 * Cuts a stream of bytes into pieces of whole lines, each of about `size` bytes and in memory of its own: the
 * source may use its chunks again.
 *
 * @throws TypeError for a chunk that is not bytes
 */
export async function* wholeLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    requireBytes(part, 'one of the chunks', 'Read the stream without an encoding');
    const cut = part.lastIndexOf(LINE_FEED) + 1;
    if (length + part.length < size || cut === 0) {
      parts.push(copied(part, 0, part.length));
      length += part.length;
      continue;
    }
    parts.push(copied(part, 0, cut));
    yield joined(parts);
    parts = [copied(part, cut, part.length)];
    length = part.length - cut;
  }
  if (length > 0) yield joined(parts);
}

/** Bytes of a regular file; undefined for what can only be read from its start: pipes, devices, and files of no size, as /proc has them. */
export async function fileLength(path: string): Promise<number | undefined> {
  const status = await fileSystem().stat(path);
  return status.isFile() && status.size > 0 ? status.size : undefined;
}

/** The bytes of a file, a megabyte at a time. */
export async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await fileSystem().open(path);
  try {
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The slice of a Buffer would be a view: of memory that its stream uses again, or shares with other Buffers. */
function copied(part: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(part.subarray(from, to));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
