// Sources of bytes as they come: Buffers that are used again, sources that wait, fail or are left, and threads.

import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type EncodeStreamOptions, WordPieceTokenizer } from './index.js';

const tokenizer = WordPieceTokenizer.fromVocab(['[UNK]', 'a', 'b', '##b']);
const utf8 = (text: string) => new TextEncoder().encode(text);
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function rowsOf(
  source: Parameters<typeof tokenizer.encodeStream>[0],
  options: EncodeStreamOptions,
): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const { ids, rowSplits } of tokenizer.encodeStream(source, options)) {
    for (let r = 0; r + 1 < rowSplits.length; r++)
      rows.push([...ids.subarray(rowSplits[r], rowSplits[r + 1])]);
  }
  return rows;
}

describe.each([{ workers: 0 }, { workers: 2 }])('with %j', ({ workers }) => {
  test('a chunk is copied before its Buffer is filled again', async () => {
    const text = 'a b\nab\nb\na\nb b\n';
    const buffer = Buffer.alloc(4);
    function* refilled() {
      for (let at = 0; at < text.length; at += 4)
        yield buffer.subarray(0, buffer.write(text.slice(at)));
    }
    expect(await rowsOf(refilled(), { workers, chunkBytes: 8 })).toEqual([
      [1, 2],
      [1, 3],
      [2],
      [1],
      [2, 2],
    ]);
  });
  test("the Buffers of Node's own streams are taken", async () => {
    const path = join(folder, 'lines.txt');
    writeFileSync(path, 'a b ab\n'.repeat(20_000));
    const rows = await rowsOf(createReadStream(path), { workers, chunkBytes: 1 << 15 });
    expect(rows).toHaveLength(20_000);
    expect(new Set(rows.map(String))).toEqual(new Set(['1,2,1,3']));
  });
  test('Buffers of a shared pool are left as they are', async () => {
    const parts = ['a\n', 'b\n', 'ab\n'].map((text) => Buffer.from(text));
    expect(await rowsOf(parts, { workers, chunkBytes: 1 })).toEqual([[1], [2], [1, 3]]);
    expect(parts.map(String)).toEqual(['a\n', 'b\n', 'ab\n']);
  });
  test('arrays that are reused hold until the next are asked for, moved away or not', async () => {
    const lines = Array.from({ length: 60 }, (_, n) => 'a b ab '.repeat(1 + (n % 7)));
    const chunks = lines.map((line) => utf8(`${line}\n`));
    const expected = tokenizer.encodeRagged(lines);
    const found: number[] = [];
    let result = 0;
    const options = { workers, chunkBytes: 1, reuse: true, width: 'uint16' } as const;
    for await (const { ids, rowSplits } of tokenizer.encodeStream(chunks, options)) {
      tokenizer.encodeBytes(utf8('b b b\n'), { reuse: true, width: 'uint16' });
      expect([...rowSplits]).toEqual([0, ids.length]);
      found.push(...ids);
      const array = [ids, rowSplits][result++ % 5];
      if (array) structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
    }
    expect(found).toEqual([...expected.ids]);
    expect(result).toBe(lines.length);
  });
  test('a file in ranges shorter than its lines gives the same with reused arrays', async () => {
    const path = join(folder, 'ranges.txt');
    const lines = Array.from({ length: 40 }, (_, n) => 'ab b a '.repeat(1 + (n % 9)));
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    const found: number[] = [];
    for await (const { ids } of tokenizer.encodeFile(path, { workers, chunkBytes: 8, reuse: true }))
      found.push(...ids);
    expect(found).toEqual([...tokenizer.encodeRagged(lines).ids]);
  });
  test('rows come while the source waits for the next chunk', async () => {
    let goOn = () => {};
    const wasTaken = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* waiting() {
      yield utf8('a\n');
      await wasTaken;
      yield utf8('b\n');
    }
    const iterator = tokenizer.encodeStream(waiting(), { workers, chunkBytes: 1 });
    expect([...(await iterator.next()).value.ids]).toEqual([1]);
    goOn();
    expect([...(await iterator.next()).value.ids]).toEqual([2]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
  test('what a source gave before it failed comes before its error', async () => {
    async function* failing() {
      yield utf8('a\n');
      yield utf8('b\n');
      throw new Error('the disk is gone');
    }
    const iterator = tokenizer.encodeStream(failing(), { workers, chunkBytes: 1 });
    expect([...(await iterator.next()).value.ids]).toEqual([1]);
    expect([...(await iterator.next()).value.ids]).toEqual([2]);
    await expect(iterator.next()).rejects.toThrow('the disk is gone');
  });
  test('a source that is left early is closed', async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield utf8('a\n');
      } finally {
        isClosed = true;
      }
    }
    for await (const { ids } of tokenizer.encodeStream(endless(), { workers, chunkBytes: 1 })) {
      expect([...ids]).toEqual([1]);
      break;
    }
    await setTimeout(0);
    expect(isClosed).toBe(true);
  });
  test('a source that is left while it waits is not waited for', async () => {
    async function* stuck() {
      yield utf8('a\n');
      await new Promise(() => {});
    }
    const iterator = tokenizer.encodeStream(stuck(), { workers, chunkBytes: 1 });
    expect([...(await iterator.next()).value.ids]).toEqual([1]);
    expect(await iterator.return(undefined)).toEqual({ done: true, value: undefined });
  });
  (process.platform === 'linux' ? test : test.skip)(
    'a file that reports no size is read',
    async () => {
      let rows = 0;
      for await (const { rowSplits } of tokenizer.encodeFile('/proc/self/status', { workers }))
        rows += rowSplits.length - 1;
      const lines = readFileSync('/proc/self/status', 'utf8').trimEnd().split('\n');
      expect(rows).toBe(lines.length);
    },
  );
});

test('an iterator that nobody asks any more does not keep the process', () => {
  const source = new URL('./', import.meta.url).href;
  const script = `
    import { WordPieceTokenizer } from '${source}index.ts';
    const chunks = ['a', 'b', 'b'].map((text) => new TextEncoder().encode(text + '\\n'));
    const tokenizer = WordPieceTokenizer.fromVocab(['[UNK]', 'a', 'b']);
    const iterator = tokenizer.encodeStream(chunks, { workers: 1, chunkBytes: 1 });
    console.log([...(await iterator.next()).value.ids]);`;
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: fileURLToPath(source), timeout: 30_000 },
  );
  expect(output).toBe('[ 1 ]\n');
}, 60_000);

test('a thread that started before another failed to is stopped', async () => {
  const threads = process.getBuiltinModule('node:worker_threads');
  const { Worker } = threads;
  const exits: Promise<number>[] = [];
  class OnlyOne extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      if (exits.length === 1) throw new Error('no more threads');
      super(...args);
      exits.push(new Promise((resolve) => this.on('exit', resolve)));
    }
  }
  Object.assign(threads, { Worker: OnlyOne });
  try {
    const iterator = tokenizer.encodeStream([utf8('a\n')], { workers: 2 });
    await expect(iterator.next()).rejects.toThrow('no more threads');
  } finally {
    Object.assign(threads, { Worker });
  }
  expect(exits).toHaveLength(1);
  const end = exits[0].then(() => 'stopped');
  expect(await Promise.race([end, setTimeout(5000, 'at work', { ref: false })])).toBe('stopped');
}, 20_000);
