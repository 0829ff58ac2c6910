// What needs minutes: two million documents, and builds killed by the operating system at random moments.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { buildShards } from './build-shards.js';
import type { Document } from './document.js';
import { drawsFor } from './draws.js';
import {
  contents,
  ENCODER,
  garbageCollector,
  inTemporaryFolder,
  TOKENIZER,
} from './test-support.js';

jest.setTimeout(1_800_000);

/** The short form kills three times and leaves the two million documents out. */
const SHORT = process.env.ALECTRA_SLOW === 'short';
const KILLS = SHORT ? 3 : 20;

const collectGarbage = garbageCollector();

(SHORT ? describe.skip : describe)('two million documents', () => {
  test('cost at most sixteen bytes of memory each, from the first to the last', () =>
    inTemporaryFolder(async (folder) => {
      const count = 2_000_000;
      const marks: { documents: number; memory: number }[] = [];
      function* generated(): Generator<Document> {
        for (let i = 0; i < count; i++)
          yield { id: '', text: `document ${i} has these nine words and a number` };
      }
      const { statistics } = await buildShards({
        ...TOKENIZER,
        encoder: ENCODER,
        output: join(folder, 'shards'),
        source: generated(),
        length: 16,
        onProgress({ documents }) {
          if (documents < (marks.length + 1) * 200_000) return;
          collectGarbage();
          const { heapUsed, arrayBuffers } = process.memoryUsage();
          marks.push({ documents, memory: heapUsed + arrayBuffers });
        },
      });
      expect(statistics.documents).toBe(count);
      expect(statistics.duplicates).toBe(0);
      expect(marks.length).toBe(10);
      for (const { documents, memory } of marks.slice(1)) {
        const [first] = marks;
        if (!first) throw new Error('no marks');
        // beside the identities: what was read since the last note of the build, and lists of batches
        expect(memory - first.memory).toBeLessThan(16 * (documents - first.documents) + 8e6);
      }
    }));
});

describe('a build killed by SIGKILL', () => {
  test('at random moments, again and again, ends with the same bytes', () =>
    inTemporaryFolder(async (folder) => {
      const script = join(folder, 'build.mts');
      const here = fileURLToPath(new URL('.', import.meta.url));
      await writeFile(
        script,
        `import { buildShards } from '${here}build-shards.ts';
         import { someDocuments, TOKENIZER } from '${here}test-support.ts';
         process.stdout.write('ready');
         await buildShards({ ...TOKENIZER, output: process.argv[2], source: someDocuments(2000, 12),
           length: 32, rowsPerBatch: 64, rowsPerShard: 256, heldOut: 0.1, saveEvery: 300 });`,
      );
      const whole = join(folder, 'whole');
      const { milliseconds } = await runFor(script, whole);
      const expected = await contents(whole);
      // Most builds that are given less time than the undisturbed one took are killed, on any machine.
      const draws = drawsFor(Date.now() >>> 0, { high: 0, low: 0 });
      let kills = 0;
      while (kills < KILLS) {
        const output = join(folder, 'killed');
        await rm(output, { recursive: true, force: true });
        while (!existsSync(output)) {
          const { killed } = await runFor(script, output, draws.integer(1, milliseconds));
          if (killed) kills++;
        }
        expect(await contents(output)).toEqual(expected);
      }
    }));
});

/**
 * Runs the script, kills it if it still builds after `limit` milliseconds, and tells how long it built.
 *
 * @throws Error with what the script wrote if it failed by itself
 */
function runFor(
  script: string,
  output: string,
  limit?: number,
): Promise<{ killed: boolean; milliseconds: number }> {
  const flags = [
    '--import',
    import.meta.resolve('tsx'),
    '--conditions=@alectra/source',
    script,
    output,
  ];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let error = '';
  child.stderr.on('data', (bytes: Buffer) => {
    error += bytes.toString();
  });
  let timer: NodeJS.Timeout | undefined;
  let began = performance.now();
  child.stdout.once('data', () => {
    began = performance.now();
    if (limit !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), limit);
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const milliseconds = Math.ceil(performance.now() - began);
      if (signal === 'SIGKILL') resolve({ killed: true, milliseconds });
      else if (code === 0) resolve({ killed: false, milliseconds });
      else reject(new Error(`the build failed with ${code ?? signal}: ${error}`));
    });
  });
}
