// One load of one weight file in a process of its own, so that its peak memory is its own too.
//
// node … checkpoint-load.ts <how> <path>: prints { seconds, peakBytes, baseBytes } as JSON.

import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { openTorch, readSafetensors, type WeightRecord } from '@alectra/checkpoint';

const loads: Record<string, (path: string) => Promise<unknown>> = {
  'fs.promises.readFile': (path) => readFile(path),
  'fs.readFileSync': async (path) => readFileSync(path),
  'one read call': readOnce,
  readSafetensors: (path) => readSafetensors(path),
  openTorch: readTorch,
};

const [how, path] = process.argv.slice(2);
const baseBytes = process.memoryUsage().rss;
const begin = performance.now();
const loaded = await loads[how](path);
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
