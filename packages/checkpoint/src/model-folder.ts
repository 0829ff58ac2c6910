// The Hugging Face model folder: config.json, weights, tokenizer files, README.md, as one unit.

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Content, writeFileAtomic, writeFolderAtomic } from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import { type JsonObject, readJsonObject } from './json-file.js';
import { openWeights } from './open-weights.js';
import { type Metadata, writeSafetensors } from './safetensors-write.js';
import { writeSharded } from './sharded.js';
import type { WeightRecord, WeightSource } from './weights.js';

/** An open model folder. Close it when the weights are read. */
export interface OpenModelFolder {
  readonly path: string;
  /** config.json as it stands. */
  readonly config: JsonObject;
  readonly weights: WeightSource;
  close(): Promise<void>;
}

/**
 * Opens a model folder: reads config.json, and names and shapes of the weights.
 *
 * @throws CheckpointError `missing-file`, `bad-config`, and those of the weight formats
 */
export async function openModelFolder(path: string): Promise<OpenModelFolder> {
  const config = await readConfig(path);
  const weights = await openWeights(path);
  return { path, config, weights, close: () => weights.close() };
}

/** Reads a whole model folder: its configuration and all its weights. */
export async function readModelFolder(
  path: string,
): Promise<{ readonly config: JsonObject; readonly weights: WeightRecord }> {
  const folder = await openModelFolder(path);
  try {
    return { config: folder.config, weights: await folder.weights.readAll() };
  } finally {
    await folder.close();
  }
}

/** Reads config.json of a model folder. */
export async function readConfig(folder: string): Promise<JsonObject> {
  try {
    return await readJsonObject(join(folder, 'config.json'), 'bad-config');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CheckpointError(
      'missing-file',
      `there is no config.json in ${folder}.\nCheck the path, or download the model again.`,
      { cause },
    );
  }
}

export interface ModelFolderContent {
  /** Written as config.json. */
  readonly config: JsonObject;
  /** Tied weights once. */
  readonly weights: WeightRecord;
  /** Metadata of the safetensors file; default `{ format: 'pt' }`. */
  readonly metadata?: Metadata;
  /** Further files by name: vocab.txt, tokenizer.json, README.md, onnx/model.onnx. */
  readonly files?: Readonly<Record<string, Content>>;
  /** Split weights into files of at most this many bytes; default 5e9, as Hugging Face does. */
  readonly shardBytes?: number;
}

/**
 * Writes a model folder that Hugging Face transformers loads.
 *
 * A new folder appears whole or not at all. In an existing folder each file is replaced atomically, weights last,
 * other weight files are removed, and everything else stays.
 */
export async function writeModelFolder(path: string, content: ModelFolderContent): Promise<void> {
  for (const name of Object.keys(content.files ?? {})) checkFileName(name);
  const entries = await readdir(path).catch(() => undefined);
  if (entries === undefined) {
    await writeFolderAtomic(path, (temporary) => fill(temporary, content).then(() => undefined));
    return;
  }
  await mkdir(path, { recursive: true });
  const written = await fill(path, content);
  for (const name of entries) {
    if (isWeightFile(name) && !written.includes(name)) await rm(join(path, name));
  }
}

async function fill(folder: string, content: ModelFolderContent): Promise<string[]> {
  const { config, weights, metadata, files = {}, shardBytes = 5e9 } = content;
  for (const [name, bytes] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), bytes);
  }
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const total = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
  if (total > shardBytes) return writeSharded(folder, weights, shardBytes, metadata);
  await writeSafetensors(join(folder, 'model.safetensors'), weights, metadata);
  return ['model.safetensors'];
}

function isWeightFile(name: string): boolean {
  return /^(model.*\.safetensors(\.index\.json)?|pytorch_model.*\.bin(\.index\.json)?|tf_model\.h5)$/.test(
    name,
  );
}

function checkFileName(name: string): void {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\\'))) {
    throw new RangeError(
      `checkpoint: cannot write a file named ${JSON.stringify(name)} into a model folder.\n` +
        'Use a name relative to the folder, such as "onnx/model.onnx".',
    );
  }
  if (name === 'config.json' || isWeightFile(name)) {
    throw new RangeError(
      `checkpoint: "${name}" is written from \`config\` and \`weights\`.\nLeave it out of \`files\`.`,
    );
  }
}

/** Whether `path` is a folder that holds a config.json. */
export async function isModelFolder(path: string): Promise<boolean> {
  return stat(join(path, 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}
