// Weights split over several files, with an index that says which tensor is where.
//
// `model.safetensors.index.json`: { metadata: { total_size }, weight_map: { tensor: file } }, as Hugging Face
// transformers writes it. The index comes from strangers: file names may not leave the folder, and every file must
// hold exactly what the index says.

import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import { dtypeBytes } from './dtype.js';
import { readJsonObject } from './json-file.js';
import { unknownName } from './safetensors-read.js';
import { type Metadata, writeSafetensors } from './safetensors-write.js';
import {
  elementCount,
  emptyRecord,
  type TensorInfo,
  type WeightRecord,
  type WeightSource,
  type WeightTensor,
} from './weights.js';

/**
 * Opens all files of an index as one source.
 *
 * @param openShard how to open one file: safetensors, or PyTorch for `pytorch_model.bin.index.json`
 * @throws CheckpointError `bad-index`, and what `openShard` throws
 */
export async function openSharded(
  indexPath: string,
  openShard: (path: string) => Promise<WeightSource>,
): Promise<WeightSource> {
  const weightMap = await readIndex(indexPath);
  const shards = new Map<string, WeightSource>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(weightMap.values())) {
      shards.set(file, await openNamed(indexPath, file, openShard));
    }
    const tensors = new Map<string, TensorInfo>();
    for (const [file, shard] of shards) {
      for (const [name, info] of shard.tensors) {
        if (weightMap.get(name) !== file) {
          throw badIndex(indexPath, `it does not place "${name}" in ${file}, which holds it`);
        }
        tensors.set(name, info);
      }
    }
    for (const [name, file] of weightMap) {
      if (!tensors.has(name)) throw badIndex(indexPath, `${file} does not hold "${name}"`);
    }
    return sourceOf(indexPath, weightMap, shards, tensors, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Says nothing about the index. */
const MACHINE_TROUBLE: readonly string[] = ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM'];

async function openNamed(
  indexPath: string,
  file: string,
  openShard: (path: string) => Promise<WeightSource>,
): Promise<WeightSource> {
  try {
    return await openShard(join(dirname(indexPath), file));
  } catch (error) {
    if (error instanceof CheckpointError && error.code !== 'missing-file') throw error;
    if (MACHINE_TROUBLE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const isAbsent = error instanceof CheckpointError;
    // else a folder of that name, or a name that is too long
    const what = isAbsent ? 'is not there' : `cannot be opened: ${(error as Error).message}`;
    throw badIndex(indexPath, `it names ${file}, which ${what}`, error);
  }
}

/**
 * Writes `model-00001-of-000NN.safetensors` and the index into `folder`; each file is atomic.
 *
 * @param shardBytes largest size of a file's data; a single larger tensor gets a file of its own
 * @returns names of the files, the index last
 */
export async function writeSharded(
  folder: string,
  tensors: WeightRecord,
  shardBytes: number,
  metadata?: Metadata,
): Promise<string[]> {
  const shards = split(tensors, shardBytes);
  const count = String(shards.length).padStart(5, '0');
  const weightMap: [string, string][] = [];
  const files: string[] = [];
  for (const [i, shard] of shards.entries()) {
    const file = `model-${String(i + 1).padStart(5, '0')}-of-${count}.safetensors`;
    await writeSafetensors(join(folder, file), shard, metadata);
    for (const name of Object.keys(shard)) weightMap.push([name, file]);
    files.push(file);
  }
  const total = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
  const index = {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(weightMap.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const name = 'model.safetensors.index.json';
  await writeFileAtomic(join(folder, name), `${JSON.stringify(index, null, 2)}\n`);
  return [...files, name];
}

function split(tensors: WeightRecord, shardBytes: number): Record<string, WeightTensor>[] {
  const shards: Record<string, WeightTensor>[] = [];
  let room = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = elementCount(tensor.shape) * dtypeBytes(tensor.dtype);
    if (shards.length === 0 || bytes > room) {
      shards.push(emptyRecord());
      room = shardBytes;
    }
    shards[shards.length - 1][name] = tensor;
    room -= bytes;
  }
  return shards;
}

function sourceOf(
  path: string,
  weightMap: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightSource>,
  tensors: ReadonlyMap<string, TensorInfo>,
  close: () => Promise<void>,
): WeightSource {
  const [first] = shards.values();
  return {
    path,
    format: first?.format ?? 'safetensors',
    metadata: first?.metadata ?? {},
    tensors,
    read(name) {
      const shard = shards.get(weightMap.get(name) ?? '');
      return shard ? shard.read(name) : Promise.reject(unknownName(name, path));
    },
    async readAll() {
      const all = emptyRecord<WeightTensor>();
      for (const shard of shards.values()) Object.assign(all, await shard.readAll());
      return all;
    },
    close,
  };
}

async function readIndex(path: string): Promise<Map<string, string>> {
  const { weight_map: map } = await readJsonObject(path, 'bad-index');
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw badIndex(path, 'it has no weight_map');
  }
  const entries = Object.entries(map);
  for (const [name, file] of entries) {
    if (typeof file !== 'string' || !/^[\w.-]+$/.test(file) || /^\.+$/.test(file)) {
      throw badIndex(
        path,
        `"${name}" is said to be in ${JSON.stringify(file)}, no plain file name`,
      );
    }
  }
  return new Map(entries);
}

function badIndex(path: string, what: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    'bad-index',
    `cannot use the index ${path}: ${what}.\nDownload the index and all its files again.`,
    { cause },
  );
}
