// The last step of a build: final shard names and the small files that make the folder a Hugging Face
// dataset (save_to_disk of a DatasetDict) and one of ours (manifest).
//
// Every part can be done again, so a build killed here is finished by running it once more. With its manifest the folder
// is complete; the state of the build is removed after it, and what says which build it was, last.

import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256, writeFileAtomic } from '@alectra/files';
import { features } from './arrow-examples.js';
import type { FinishedBuild } from './build-progress.js';
import {
  fingerprintOf,
  MANIFEST_NAME,
  type Manifest,
  type ShardEntry,
  type SplitEntry,
  type SplitName,
  writeManifest,
} from './manifest.js';

/** What an unfinished build has done so far, see BuildProgress. */
export const STATE_NAME = 'state.json';

export async function finishFolder(
  folder: string,
  inputName: string,
  { configuration, statistics, inputHash, splits, format }: FinishedBuild,
): Promise<Manifest> {
  const fingerprint = fingerprintOf(configuration, inputHash);
  const files: Record<string, string> = {};
  const note = async (file: string, value: unknown): Promise<void> => {
    const text = `${JSON.stringify(value, undefined, 2)}\n`;
    files[file] = sha256(text);
    await writeFileAtomic(join(folder, file), text);
  };
  const entries: Partial<Record<SplitName, SplitEntry>> = {};
  for (const split of ['train', 'validation'] as const) {
    const written = splits[split];
    if (written.length === 0) continue;
    const shards: ShardEntry[] = [];
    for (const [index, shard] of written.entries()) {
      const number = (n: number): string => String(n).padStart(5, '0');
      const file = `${split}/data-${number(index)}-of-${number(written.length)}.arrow`;
      await rename(join(folder, shard.file), join(folder, file));
      shards.push({ ...shard, file });
    }
    entries[split] = { rows: shards.reduce((sum, shard) => sum + shard.rows, 0), shards };
    await note(`${split}/dataset_info.json`, {
      citation: '',
      description: 'Token ids for pretraining, written by @alectra/owt-loader',
      features: features(format.layout),
      homepage: '',
      license: '',
    });
    await note(`${split}/state.json`, {
      _data_files: shards.map(({ file }) => ({ filename: file.slice(split.length + 1) })),
      _fingerprint: fingerprint.slice(0, 16),
      _format_columns: null,
      _format_kwargs: {},
      _format_type: null,
      _output_all_columns: false,
      _split: split,
    });
  }
  await note('dataset_dict.json', { splits: Object.keys(entries) });
  const manifest: Manifest = {
    format: 'alectra-shards',
    version: 1,
    fingerprint,
    input: { name: inputName, documents: statistics.documents, hash: inputHash },
    configuration,
    statistics,
    splits: entries,
    files,
  };
  await writeFileAtomic(join(folder, MANIFEST_NAME), writeManifest(manifest));
  return manifest;
}

/** Gives shards that got their final names in a build killed at this point their working names back. */
export async function undoFinalNames(folder: string): Promise<void> {
  for (const split of ['train', 'validation']) {
    const names = await readdir(join(folder, split)).catch(() => []);
    for (const name of names) {
      const working = name.replace(/-of-\d+\.arrow$/, '.arrow');
      if (working !== name) await rename(join(folder, split, name), join(folder, split, working));
    }
  }
}

/** Leaves the shards and what describes them. */
export async function removeBuildState(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^(?:seen\.bin|pending-.*\.bin)$/.test(name)) await rm(join(folder, name));
  await rm(join(folder, STATE_NAME), { force: true });
}
