// npm run bench -- checkpoint [--rounds 7] [--folder <dir>]
//
// Loads the weights of BERT-base (199 tensors, 109,482,240 float32) from safetensors, as arrays and as a model, and,
// with ALECTRA_PYTHON set, from PyTorch's two layouts, beside the plainest ways to read the same number of bytes. Every
// load is a process of its own, of plain JavaScript as installed packages are: a TypeScript loader alone would take 0.2
// of the file. The files are in the page cache. Times are medians; ratios are taken round by round, to whichever plain
// way has the smallest median. "added" is the peak without what the process held before.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { elementCount, type WeightTensor, writeSafetensors } from '@alectra/checkpoint';
import { buildSync } from 'esbuild';
import { describeMachine } from './machine.js';
import { median, pairedRatio } from './statistics.js';

/** Within the workspace, where TensorFlow.js is found. */
const LOADER = fileURLToPath(new URL('../dist/checkpoint-load.mjs', import.meta.url));

const TORCH = `
import sys, torch
from safetensors.torch import load_file
state = load_file(sys.argv[1])
torch.save(state, sys.argv[2])
torch.save(state, sys.argv[3], _use_new_zipfile_serialization=False)
`;

interface Row {
  readonly how: string;
  readonly path: string;
  readonly seconds: number[];
  readonly peaks: number[];
  /** Peak without what the process held before it began to load. */
  readonly added: number[];
}

const PLAIN = ['fs.promises.readFile', 'fs.readFileSync', 'one read call'];
const OURS = ['readSafetensors', 'BertModel.fromPretrained'];

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '7' }, folder: { type: 'string' } },
  });
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'bench-checkpoint-')));
  try {
    console.log(describeMachine());
    buildLoader();
    await measure(folder, Number(values.rounds));
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, rounds: number): Promise<void> {
  const safetensors = join(folder, 'model.safetensors');
  const tensors = bertBase();
  const written = performance.now();
  await writeSafetensors(safetensors, tensors);
  const writeSeconds = (performance.now() - written) / 1000;
  const { size } = await stat(safetensors);
  await writeFile(join(folder, 'config.json'), '{"model_type":"bert"}');
  console.log(`${(size / 1e6).toFixed(1)} MB, written durably in ${writeSeconds.toFixed(2)} s`);

  const row = (how: string, path: string): Row => ({
    how,
    path,
    seconds: [],
    peaks: [],
    added: [],
  });
  const rows = [...PLAIN, ...OURS].map((how) => row(how, safetensors));
  const python = process.env.ALECTRA_PYTHON;
  if (python) {
    const zip = join(folder, 'zip.bin');
    const legacy = join(folder, 'legacy.bin');
    execFileSync(python, ['-c', TORCH, safetensors, zip, legacy]);
    rows.push(row('openTorch', zip), row('openTorch', legacy));
  } else {
    console.log('ALECTRA_PYTHON is not set: PyTorch files are left out');
  }
  for (const { how, path } of rows) load(how, path); // into the page cache
  for (let round = 0; round < rounds; round++) {
    for (const { how, path, seconds, peaks, added } of rows) {
      const result = load(how, path);
      seconds.push(result.seconds);
      peaks.push(result.peakBytes);
      added.push(result.peakBytes - result.baseBytes);
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  print(rows, size);
}

function print(rows: readonly Row[], size: number): void {
  const ours = rows.find(({ how }) => how === 'readSafetensors') as Row; // made above
  const plain = rows.filter(({ how }) => PLAIN.includes(how));
  const fastest = plain.reduce((a, b) => (median(b.seconds) < median(a.seconds) ? b : a));
  const column = (text: string): string => text.padStart(17);
  const head = ['seconds', 'to a plain read', 'to safetensors', 'peak / size', 'added / size'];
  console.log(`${'load'.padEnd(26)}${head.map(column).join('')}`);
  for (const { how, path, seconds, peaks, added } of rows) {
    const layout = path.endsWith('zip.bin') ? 'zip' : 'legacy';
    const figures = [
      median(seconds).toFixed(3),
      pairedRatio(fastest.seconds, seconds).toFixed(2),
      pairedRatio(ours.seconds, seconds).toFixed(2),
      (median(peaks) / size).toFixed(2),
      (median(added) / size).toFixed(2),
    ];
    const name = how === 'openTorch' ? `${how} (${layout})` : how;
    console.log(`${name.padEnd(26)}${figures.map(column).join('')}`);
  }
  console.log(`plain read: ${fastest.how}`);
}

interface Load {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly baseBytes: number;
}

function load(how: string, path: string): Load {
  const out = execFileSync(process.execPath, [LOADER, how, path], { encoding: 'utf8' });
  return JSON.parse(out) as Load; // printed by checkpoint-load.ts
}

function buildLoader(): void {
  buildSync({
    entryPoints: [fileURLToPath(new URL('./checkpoint-load.ts', import.meta.url))],
    outfile: LOADER,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@alectra/source'],
    external: ['@tensorflow/*'],
  });
}

function bertBase(): Record<string, WeightTensor> {
  const tensors: Record<string, WeightTensor> = {};
  let seed = 1;
  const add = (name: string, ...shape: number[]): void => {
    const data = new Float32Array(elementCount(shape));
    for (let i = 0; i < data.length; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      data[i] = seed * 2 ** -36;
    }
    tensors[name] = { dtype: 'F32', shape, data };
  };
  const linear = (name: string, out: number, into: number): void => {
    add(`${name}.weight`, out, into);
    add(`${name}.bias`, out);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, 768);
    add(`${name}.bias`, 768);
  };
  for (const [name, rows] of [
    ['word', 30522],
    ['position', 512],
    ['token_type', 2],
  ] as const) {
    add(`embeddings.${name}_embeddings.weight`, rows, 768);
  }
  norm('embeddings.LayerNorm');
  for (let i = 0; i < 12; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) {
      linear(`${layer}.attention.self.${part}`, 768, 768);
    }
    linear(`${layer}.attention.output.dense`, 768, 768);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, 3072, 768);
    linear(`${layer}.output.dense`, 768, 3072);
    norm(`${layer}.output.LayerNorm`);
  }
  linear('pooler.dense', 768, 768);
  return tensors;
}
