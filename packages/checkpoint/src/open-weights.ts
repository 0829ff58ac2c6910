// Any weight file, by its name or, where that says nothing, by its first bytes.

import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from './checkpoint-error.js';
import { openSafetensors } from './safetensors-read.js';
import { openSharded } from './sharded.js';
import { openTfH5 } from './tf-h5.js';
import { openTorch } from './torch-open.js';
import type { WeightSource } from './weights.js';

/** Weight files of a Hugging Face folder, the first that exists counts. */
export const WEIGHT_FILES: readonly string[] = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'tf_model.h5',
];

/**
 * Opens the weights of a model folder, or one weight file. Reads names, types and shapes; no data.
 *
 * @throws CheckpointError `missing-file` if a folder holds none of {@link WEIGHT_FILES}
 */
export async function openWeights(path: string): Promise<WeightSource> {
  if (!(await stat(path)).isDirectory()) return openFile(path);
  for (const name of WEIGHT_FILES) {
    const file = join(path, name);
    if (await isFile(file)) return openFile(file);
  }
  throw new CheckpointError(
    'missing-file',
    `there are no weights in ${path}: expected one of ${WEIGHT_FILES.join(', ')}.\n` +
      'Check the path, or download the model again.',
  );
}

async function openFile(path: string): Promise<WeightSource> {
  if (path.endsWith('.safetensors.index.json')) return openSharded(path, openSafetensors);
  if (path.endsWith('.bin.index.json')) return openSharded(path, openTorch);
  if (path.endsWith('.safetensors')) return openSafetensors(path);
  if (path.endsWith('.h5')) return openTfH5(path);
  if (path.endsWith('.bin') || (await isTorch(path))) return openTorch(path);
  return openSafetensors(path);
}

// A zip, or the pickle of the magic number of old PyTorch files.
async function isTorch(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return ['504b0304', '80028a0a'].includes(buffer.toString('hex'));
  } finally {
    await handle.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
