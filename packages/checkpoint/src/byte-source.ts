// Bytes at random positions, from a file or from memory.

import { type FileHandle, open } from 'node:fs/promises';
import { CheckpointError } from './checkpoint-error.js';

export interface ByteSource {
  readonly path: string;
  readonly byteLength: number;
  /** Bytes `begin` up to, not including, `end`. A source in memory returns a view. */
  read(begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

// One system call may read at most about 2 GiB; smaller parts also let two threads work.
const PART = 64 << 20;
const PARALLEL = 2;

/**
 * Opens a file, or wraps bytes, which need no closing.
 *
 * @throws CheckpointError `missing-file`
 */
export async function openBytes(from: string | Uint8Array): Promise<ByteSource> {
  if (typeof from !== 'string') {
    // a Buffer's slice() is a view, a Uint8Array's a copy: make it one of the two
    const bytes = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
    return {
      path: 'the given bytes',
      byteLength: bytes.byteLength,
      read: async (begin, end) => bytes.subarray(begin, end),
      close: async () => undefined,
    };
  }
  const handle = await open(from, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new CheckpointError(
      'missing-file',
      `there is no file ${from}.\nCheck the path, or download the model again.`,
      { cause },
    );
  });
  const { size } = await handle.stat();
  return {
    path: from,
    byteLength: size,
    read: (begin, end) => readParts(handle, from, begin, end),
    close: () => handle.close(),
  };
}

async function readParts(
  handle: FileHandle,
  path: string,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - begin);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < bytes.length) {
      let at = next;
      const to = Math.min(bytes.length, at + PART);
      next = to;
      while (at < to) {
        const { bytesRead } = await handle.read(bytes, at, to - at, begin + at);
        if (bytesRead === 0) throw changed(path, begin + at);
        at += bytesRead;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return bytes;
}

function changed(path: string, at: number): CheckpointError {
  return new CheckpointError(
    'truncated',
    `${path} ended at byte ${at} while it was read.\nAnother program is writing to it; try again.`,
  );
}
