// Any weight file, by what it is named and by its first bytes.

import { stat } from 'node:fs/promises';
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

function openFile(path: string): Promise<WeightSource> {
  if (path.endsWith('.safetensors.index.json')) return openSharded(path, openSafetensors);
  if (path.endsWith('.bin.index.json')) return openSharded(path, openTorch);
  if (/\.(bin|pt|pth)$/.test(path)) return openTorch(path);
  if (path.endsWith('.h5')) return openTfH5(path);
  return openSafetensors(path);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
