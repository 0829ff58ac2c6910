// At least 100,000 mutated files for each reader of weights: no crash, no hang, no wrong result in silence. And the case
// of the reference's F1 that takes seconds.
//
// ALECTRA_SLOW=short runs a thirtieth of them. Every file is made from a seed, which the message of a failure names.

import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { dtypeBytes } from './dtype.js';
import { mutate } from './mutated-bytes.test-support.js';
import { openSafetensors } from './safetensors-read.js';
import { openTfH5 } from './tf-h5.js';
import { openTorch } from './torch-open.js';
import { elementCount, type WeightRecord, type WeightSource } from './weights.js';

const FILES = process.env.ALECTRA_SLOW === 'short' ? 3_000 : 100_000;
const MAX_MS = 1000; // of processor time, for one small file
const MAX_GROWTH = 300e6;

jest.setTimeout(30 * 60_000);
Error.stackTraceLimit = 0; // traces cost more than the readers

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));

type Open = (bytes: Uint8Array) => Promise<WeightSource>;

interface Outcome {
  readonly refused: Record<string, number>;
  accepted: number;
}

async function fuzz(
  open: Open,
  good: Uint8Array,
  structure: number,
  judge: (found: WeightRecord, bytes: Uint8Array) => string | undefined,
): Promise<Outcome> {
  const outcome: Outcome = { refused: {}, accepted: 0 };
  const heapBefore = process.memoryUsage().rss;
  for (let seed = 1; seed <= FILES; seed++) {
    const bytes = mutate(good, structure, seed);
    const begin = process.cpuUsage();
    try {
      const source = await open(bytes);
      const found = await source.readAll();
      for (const [name, info] of source.tensors) {
        const { data, dtype, shape } = found[name];
        const fits = data.byteLength === elementCount(info.shape) * dtypeBytes(info.dtype);
        if (!fits || dtype !== info.dtype || shape.length !== info.shape.length) {
          throw new Error(`file ${seed}: "${name}" is not what its description says`);
        }
      }
      const fault = judge(found, bytes);
      if (fault) throw new Error(`file ${seed}: ${fault}`);
      outcome.accepted++;
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string };
      if (name !== 'CheckpointError' || code === undefined) {
        throw new Error(`file ${seed}: ${String(error)}`);
      }
      outcome.refused[code] = (outcome.refused[code] ?? 0) + 1;
    }
    const { user, system } = process.cpuUsage(begin);
    const ms = (user + system) / 1000;
    if (ms > MAX_MS) throw new Error(`file ${seed} took ${ms} ms`);
  }
  expect(process.memoryUsage().rss - heapBefore).toBeLessThan(MAX_GROWTH);
  return outcome;
}

const totalBytes = (record: WeightRecord): number =>
  Object.values(record).reduce((sum, { data }) => sum + data.byteLength, 0);

const bytesOf = ({ data }: WeightRecord[string]): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('mutated files', () => {
  test('safetensors: accepted only if the tensors fill the file exactly', async () => {
    const good = fixture('dtypes.safetensors');
    const outcome = await fuzz(openSafetensors, good, 1260, (found, bytes) => {
      const header = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      if (header + totalBytes(found) !== bytes.length) return 'bytes that belong to no tensor';
      const data = Buffer.concat(Object.values(found).map(bytesOf));
      return Buffer.compare(data, bytes.subarray(header)) === 0 ? undefined : 'other bytes';
    });
    expect(Object.keys(outcome.refused).length).toBeGreaterThan(8);
    expect(outcome.accepted).toBeGreaterThan(FILES / 100); // changed names and values cannot be seen
  });

  test('PyTorch zip: refused, or the same tensors', async () => {
    const good = fixture('torch-zip.bin');
    const expected = await openTorch(good).then((source) => source.readAll());
    const outcome = await fuzz(openTorch, good, good.length, (found) => {
      const names = Object.keys(found);
      if (names.length !== Object.keys(expected).length) return 'other names';
      for (const name of names) {
        const [a, b] = [found[name], expected[name]];
        if (b === undefined) return `another name: ${name}`;
        if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return `another ${name}`;
        if (Buffer.compare(bytesOf(a), bytesOf(b)) !== 0) return `other values of ${name}`;
      }
      return undefined;
    });
    expect(outcome.refused['bad-zip']).toBeGreaterThan(FILES / 2);
    expect(outcome.accepted).toBeGreaterThan(0); // dates, padding
  });

  test('PyTorch before 1.6: refused, or tensors no larger than the file', async () => {
    const good = fixture('torch-legacy.bin');
    const outcome = await fuzz(openTorch, good, 2300, (found, bytes) => {
      const buffers = new Set(Object.values(found).map(({ data }) => data.buffer));
      const held = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
      return held > 3 * bytes.length ? `${held} bytes from a file of ${bytes.length}` : undefined;
    });
    expect(outcome.refused['forbidden-global']).toBeGreaterThan(FILES / 100);
    expect(outcome.refused['forbidden-opcode']).toBeGreaterThan(FILES / 100);
    expect(outcome.accepted).toBeGreaterThan(0);
  });

  test('HDF5: refused, or arrays no larger than the file', async () => {
    const files = JSON.parse(Buffer.from(fixture('h5-small.json')).toString());
    const good = new Uint8Array(Buffer.from(files['good.h5'], 'base64'));
    const outcome = await fuzz(openTfH5, good, good.length, (found, bytes) =>
      totalBytes(found) > bytes.length ? 'more bytes than the file has' : undefined,
    );
    expect(outcome.refused['bad-hdf5']).toBeGreaterThan(FILES / 100);
    expect(outcome.accepted).toBeGreaterThan(0);
  });
});

test('F1: a million tensors are read in time and memory that grow with their number', async () => {
  const few = await costOfTensors(100_000);
  const many = await costOfTensors(1_000_000);
  // ten times as many: 10 if linear, 100 if quadratic
  expect(many.processorTime / few.processorTime).toBeLessThan(30);
  expect(many.memory).toBeLessThan(20 * many.bytes);
});

/** What it takes to open a file of `count` tensors of one byte, in microseconds and bytes of memory. */
async function costOfTensors(
  count: number,
): Promise<{ processorTime: number; memory: number; bytes: number }> {
  const entry = (i: number): string =>
    `"${i}":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`;
  const header = Buffer.from(`{${Array.from({ length: count }, (_, i) => entry(i)).join()}}`);
  const file = Buffer.alloc(8 + header.length + count, 7);
  file.writeBigUInt64LE(BigInt(header.length));
  header.copy(file, 8);
  const before = process.memoryUsage().rss;
  const begin = process.cpuUsage();
  const { tensors, read } = await openSafetensors(file);
  const { user, system } = process.cpuUsage(begin);
  expect(tensors.size).toBe(count);
  expect([...(await read(String(count - 1))).data]).toEqual([7]);
  const memory = process.memoryUsage().rss - before;
  return { processorTime: user + system, memory, bytes: file.length };
}
