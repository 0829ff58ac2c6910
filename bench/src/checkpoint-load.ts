// One load of one weight file in a process of its own, so that its peak memory is its own too.
//
// node … checkpoint-load.ts <how> <path>: prints { seconds, peakBytes, baseBytes } as JSON.

import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openTorch, readSafetensors, type WeightRecord } from '@alectra/checkpoint';

type Load = (path: string) => Promise<unknown>;

const loads: Record<string, Load> = {
  'fs.promises.readFile': (path) => readFile(path),
  'fs.readFileSync': async (path) => readFileSync(path),
  'one read call': readOnce,
  readSafetensors: (path) => readSafetensors(path),
  openTorch: readTorch,
};

const [how, path] = process.argv.slice(2);
const prepared = await prepare(how);
const baseBytes = process.memoryUsage().rss;
const begin = performance.now();
const loaded = await prepared(path);
const seconds = (performance.now() - begin) / 1000;
const peakBytes = process.resourceUsage().maxRSS * 1024;
// `loaded` is still in use here, so that nothing is freed before the peak is read
console.log(JSON.stringify({ seconds, peakBytes, baseBytes, kind: typeof loaded }));

async function readOnce(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  const bytes = new Uint8Array(size);
  await handle.read(bytes, 0, size, 0);
  await handle.close();
  return bytes;
}

async function readTorch(path: string): Promise<WeightRecord> {
  const source = await openTorch(path);
  const weights = await source.readAll();
  await source.close();
  return weights;
}

/** The load of that name; code that it needs is read now, so that neither its time nor its memory counts. */
async function prepare(how: string): Promise<Load> {
  if (how !== 'BertModel.fromPretrained') return loads[how];
  const { BertModel } = await import('@alectra/bert');
  const tf = await import('@tensorflow/tfjs');
  tf.env().set('IS_TEST', true); // no banner among the figures
  await tf.setBackend('cpu');
  return (path) => BertModel.fromPretrained(dirname(path));
}
