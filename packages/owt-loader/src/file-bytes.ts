// A file's bytes through one buffer: a fresh one for each piece is cleared by the system, cold, and soon garbage.

import { open } from 'node:fs/promises';

const PIECE_BYTES = 1 << 17; // stays in the processor's cache

/** The bytes of a file in order: views of one buffer, each valid until the next is asked for. */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
