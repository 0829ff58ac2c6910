import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import type { Chunk } from './chunk.js';
import type { EncoderModule } from './encoder-module.js';
import type { ChunkResult, ChunkSettings } from './process-chunk.js';
import { processInOrder } from './process-in-order.js';
import { ENCODER_MODULE, SPECIAL, someDocuments, VOCABULARY } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

const SETTINGS: ChunkSettings = {
  builder: 'carry',
  length: 32,
  vocabularySize: VOCABULARY,
  special: SPECIAL,
  seed: 5,
  clean: 'none',
  textKey: 'text',
};

/** Chunks of one to four documents, so that no two results have the same size. */
const documents = [...someDocuments(100)];
const chunks: Chunk[] = [];
for (let at = 0; at < documents.length; at += 1 + (chunks.length % 4))
  chunks.push({ kind: 'documents', documents: documents.slice(at, at + 1 + (chunks.length % 4)) });

interface Watched {
  readonly chunks: AsyncGenerator<Chunk>;
  asked: number;
  isClosed: boolean;
}

/** Chunks of which it is known how many were asked for; after them an error, if one is given. */
function watched(from: readonly Chunk[], error?: Error): Watched {
  const found: Watched = { chunks: give(), asked: 0, isClosed: false };
  async function* give(): AsyncGenerator<Chunk> {
    try {
      for (const chunk of from) {
        found.asked++;
        yield chunk;
      }
      if (error) throw error;
    } finally {
      found.isClosed = true;
    }
  }
  return found;
}

const inOrder = (source: Watched, workers: number, encoder: EncoderModule = ENCODER_MODULE) =>
  processInOrder(source.chunks, SETTINGS, encoder, workers);

/** Copies, since the arrays are those of later results, too. */
async function results(workers: number, pauseMs: number): Promise<ChunkResult[]> {
  const found: ChunkResult[] = [];
  for await (const { result } of inOrder(watched(chunks), workers)) {
    if (pauseMs > 0) await sleep(pauseMs); // the threads go on meanwhile
    found.push(structuredClone(result));
  }
  return found;
}

/** An encoder that does this in the thread that encodes. */
const encoderThat = (does: string): EncoderModule => ({
  module: `data:text/javascript,${encodeURIComponent(`export const make = () => ({ encode(text) { ${does} } });`)}`,
  name: 'make',
});

describe('processInOrder', () => {
  test('gives the same on threads, which leave a result alone while it is in use', async () => {
    const expected = await results(0, 0);
    expect(expected.flatMap(({ documents }) => documents)).toEqual(
      chunks.map((chunk) => (chunk.kind === 'documents' ? chunk.documents.length : 0)),
    );
    expect(await results(2, 0)).toEqual(expected);
    expect(await results(2, 20)).toEqual(expected);
  });

  test('asks for chunks while a result is in use, but not for all', async () => {
    const many = watched(Array.from({ length: 50 }, () => chunks).flat());
    for await (const _ of inOrder(many, 1)) {
      const { asked } = many;
      while (many.asked < asked + 3) await sleep(5); // for ever, were they asked for when results are
      break;
    }
    expect(many.asked).toBeLessThan(50 * chunks.length);
    expect(many.isClosed).toBe(true);
  });

  test('does not read on and on while the first result takes its time', async () => {
    const many = watched(Array.from({ length: 50 }, () => chunks).flat());
    const opening = JSON.stringify(String(documents[0]?.text).slice(0, 30));
    const slowFirst = encoderThat(
      `if (text.startsWith(${opening})) for (const start = Date.now(); Date.now() - start < 3000; );` +
        'return [];',
    );
    for await (const _ of inOrder(many, 2, slowFirst)) break;
    // six under way, sixteen answered, one that was read when there was room
    expect(many.asked).toBeLessThanOrEqual(2 * 3 + 16 + 1);
  });

  test('ends although the source has nothing more to give, now or ever', async () => {
    async function* stalling(): AsyncGenerator<Chunk> {
      yield* chunks.slice(0, 3);
      await new Promise(() => undefined);
    }
    const source = { chunks: stalling(), asked: 0, isClosed: false };
    for await (const _ of inOrder(source, 2)) break;
    const failing = { ...source, chunks: stalling() };
    const all = async (): Promise<void> => {
      for await (const _ of inOrder(failing, 2, encoderThat("throw new Error('no such word')")));
    };
    await expect(all()).rejects.toThrow('no such word');
  });

  test('reports that the source could not be closed', async () => {
    async function* unclosable(): AsyncGenerator<Chunk> {
      try {
        for (;;) yield* chunks;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        throw new Error('closing failed');
      }
    }
    for (const workers of [0, 2]) {
      const source = { chunks: unclosable(), asked: 0, isClosed: false };
      const first = async (): Promise<void> => {
        for await (const _ of inOrder(source, workers)) break;
      };
      await expect(first()).rejects.toThrow('closing failed');
    }
  });

  test('reports an error of the source after the results before it', async () => {
    const failing = watched(chunks.slice(0, 5), new Error('the disk is gone'));
    let count = 0;
    const all = async (): Promise<void> => {
      for await (const _ of inOrder(failing, 2)) count++;
    };
    await expect(all()).rejects.toThrow('the disk is gone');
    expect(count).toBe(5);
  });

  test.each([
    ['fails', "throw new Error('no such word')", /no such word/],
    ['dies', 'process.exit(3)', /a worker thread stopped with code 3/],
  ])('ends when a thread %s, and reads no further', async (_, does, message) => {
    const many = watched(Array.from({ length: 50 }, () => chunks).flat());
    const all = async (): Promise<void> => {
      for await (const _ of inOrder(many, 2, encoderThat(does)));
    };
    await expect(all()).rejects.toThrow(message);
    expect(many.asked).toBeLessThan(20);
    expect(many.isClosed).toBe(true);
  });
});
