// xz to bytes, through xz-decompress (WebAssembly, nothing native), with messages that say what is wrong.

import xzDecompress from 'xz-decompress';
import type { ByteStream } from './byte-reader.js';
import { ShardError } from './shard-error.js';

/** The decoder's error numbers, as far as a file can cause them. */
const CAUSES: Readonly<Record<string, string>> = {
  '5': 'bytes that are not xz',
  '6': 'an integrity check of an unsupported kind (SHA-256)',
  '7': 'damaged data',
  '8': 'the end of the file inside the data',
};

/**
 * Decompresses one or more xz streams, one after another, with their integrity checks.
 *
 * @throws ShardError `damaged` for an empty, cut or changed file
 */
export async function* xzBytes(stream: ByteStream, name: string): AsyncGenerator<Uint8Array> {
  // The library lets one stream at a time decode in a thread and makes others wait for its end. Here one
  // stream may be inside another, which would wait for ever; contexts are separate, so none needs to wait.
  const library = xzDecompress.XzReadableStream as unknown as { _contextMutex?: unknown };
  library._contextMutex = { acquire: () => Promise.resolve(), release: () => undefined };

  let size = 0;
  const source = (async function* () {
    for await (const piece of stream) {
      size += piece.length;
      if (piece.length > 0) yield piece;
    }
    if (size === 0) throw damagedXz(name, 'an empty file');
  })();
  const input = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await source.return(undefined);
    },
  });
  const reader = new xzDecompress.XzReadableStream(input).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (error instanceof ShardError) throw error;
        const code = /code (\d+)/.exec(String(error))?.[1];
        throw damagedXz(name, CAUSES[code ?? ''] ?? `an error (${String(error)})`, error);
      });
      if (done) return;
      if (value.length > 0) yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // already failed or finished
  }
}

function damagedXz(name: string, found: string, cause?: unknown): ShardError {
  return new ShardError(
    `${name} is damaged: found ${found}, expected a whole xz file.\nCopy or download it again.`,
    { code: 'damaged', file: name, found, expected: 'a whole xz file' },
    cause,
  );
}
