// onnx/model.onnx beside the weights of exported models, for transformers.js and ONNX Runtime.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { albertModels } from '@alectra/albert';
import { bertModels, electraModels } from '@alectra/bert';
import { modelFromPretrained, saveOnnx } from '@alectra/checkpoint';
import { exportOnnx } from '@alectra/jit';
import { MODEL_FOLDER } from './export-model.js';
import { UsageError } from './usage-error.js';

const families = [albertModels, bertModels, electraModels] as const;

/**
 * Exports every model of a run folder, of its model folder, or the one model of a folder; returns the files' paths.
 *
 * @throws UsageError if there is no model in `path`; Error of the packages for one that cannot be loaded or exported
 */
export async function writeOnnx(path: string): Promise<string[]> {
  const written: string[] = [];
  for (const folder of modelFolders(path)) {
    const loaded = await modelFromPretrained(folder, { families });
    try {
      written.push(await saveOnnx(folder, loaded, exportOnnx));
    } finally {
      loaded.model.dispose();
    }
  }
  return written;
}

/** The folders with a model: of a run its two networks, which lie below its own config.json. */
function modelFolders(path: string): string[] {
  const both = (folder: string): string[] => [
    join(folder, 'generator'),
    join(folder, 'discriminator'),
  ];
  const places = [both(join(path, MODEL_FOLDER)), both(path), isRun(path) ? [] : [path]];
  const hasModel = (folder: string): boolean => existsSync(join(folder, 'config.json'));
  const found = places.map((folders) => folders.filter(hasModel)).find(({ length }) => length > 0);
  if (found) return found;
  throw new UsageError(
    `pretrain: there is no exported model in ${path}: expected config.json in it, or in ${places[0]?.join(' and ')}.\n` +
      'Give the folder of a finished run, or of an exported model.',
  );
}

/** A run has a config.json too, which is its recipe. */
const isRun = (path: string): boolean => existsSync(join(path, 'checkpoints'));
