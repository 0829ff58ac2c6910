// Checkpoints on disk: whole or not there, and known to be what was written.
//
//   checkpoints/step-000500/   manifest.json           step, config hash, size and SHA-256 of each file
//                              model.safetensors       parameters
//                              optimizer.safetensors   optimizer state
//                              state.json              everything else: loader, guard, open sums, config
//   checkpoints/latest         the newest name, for people and shell scripts
//
// A folder is filled beside its place, flushed and renamed; reading tests every size and digest.

import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@alectra/checkpoint';
import {
  cleanTemporaries,
  sha256,
  sha256File,
  writeFileAtomic,
  writeFolderAtomic,
} from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import type { Json } from './config-difference.js';
import type { HostTensors } from './training-task.js';
import { toHostTensors, toWeights } from './weights.js';

export interface Checkpoint {
  readonly step: number;
  readonly parameters: HostTensors;
  readonly optimizer: HostTensors;
  /** Plain JSON: what the trainer needs besides tensors. */
  readonly state: Json;
}

interface Manifest {
  readonly format: number;
  readonly step: number;
  readonly files: readonly FileEntry[];
}

interface FileEntry {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** Readers of an older format number are here; a newer one is refused. */
const FORMAT = 1;
const REMOVING = '.removing-';
/** How Node, and how a reader of weights, say that there is no such file. */
const ABSENT = ['ENOENT', 'missing-file'];
const FILES = ['model.safetensors', 'optimizer.safetensors', 'state.json'] as const;

export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`;
}

/** Writes the checkpoint; one of the same step is replaced. Resolves when it is durable. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<string> {
  const path = join(folder, checkpointName(checkpoint.step));
  await writeFolderAtomic(
    path,
    async (temporary) => {
      const file = (name: (typeof FILES)[number]): string => join(temporary, name);
      await writeSafetensors(file('model.safetensors'), toWeights(checkpoint.parameters));
      await writeSafetensors(file('optimizer.safetensors'), toWeights(checkpoint.optimizer));
      await writeFile(file('state.json'), `${JSON.stringify(checkpoint.state, null, 1)}\n`);
      const manifest = { format: FORMAT, step: checkpoint.step, files: await describe(temporary) };
      await writeFile(join(temporary, 'manifest.json'), sealed(manifest));
    },
    { replace: true },
  );
  await writeFileAtomic(join(folder, 'latest'), `${checkpointName(checkpoint.step)}\n`);
  return path;
}

/**
 * Reads one checkpoint folder after testing it; a trainer may be at work on it: what comes back is of one checkpoint.
 *
 * @throws CheckpointError `damaged` naming the file, or `newer-format`
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const manifest = await readManifest(path);
    for (const entry of manifest.files) await verify(path, entry);
    const state: Json = JSON.parse(await readFile(join(path, 'state.json'), 'utf8'));
    const checkpoint: Checkpoint = {
      step: manifest.step,
      parameters: await tensorsOf(join(path, 'model.safetensors')),
      optimizer: await tensorsOf(join(path, 'optimizer.safetensors')),
      state,
    };
    const now = await readManifest(path);
    if (JSON.stringify(now) === JSON.stringify(manifest)) return checkpoint;
    throw damage(path, 'manifest.json', 'it was replaced while it was read');
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (!ABSENT.includes(code)) throw error;
    throw damage(path, 'its files', 'they vanished while they were read', error);
  }
}

/** The steps that have a checkpoint, valid or not, in ascending order. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .map((name) => /^step-(\d{6,})$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint | undefined;
  /** Newer ones that are damaged, newest first. They are renamed to `damaged-step-…`. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * The newest checkpoint that passes its tests. Damaged ones on the way are set aside under another name, so
 * that they neither count as checkpoints nor get lost.
 *
 * @param exact fail on the first damaged one instead
 * @throws CheckpointError `newer-format` always; `damaged` if `exact`
 */
export async function lastGoodCheckpoint(
  folder: string,
  { exact = false }: { readonly exact?: boolean } = {},
): Promise<FoundCheckpoint> {
  await mkdir(folder, { recursive: true });
  await cleanTemporaries(folder);
  for (const name of await readdir(folder))
    if (name.startsWith(REMOVING)) await rm(join(folder, name), { recursive: true, force: true });
  const damaged: { path: string; reason: string }[] = [];
  for (const step of (await listCheckpoints(folder)).reverse()) {
    const path = join(folder, checkpointName(step));
    try {
      return { checkpoint: await readCheckpoint(path), damaged };
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== 'damaged' || exact) throw error;
      const aside = join(folder, `damaged-${checkpointName(step)}`);
      await rm(aside, { recursive: true, force: true });
      await rename(path, aside);
      damaged.push({ path: aside, reason: error.message });
    }
  }
  return { checkpoint: undefined, damaged };
}

export async function removeCheckpoint(folder: string, step: number): Promise<void> {
  const path = join(folder, checkpointName(step));
  // the name goes first: a half-removed folder must not look like a damaged checkpoint
  const doomed = join(folder, `${REMOVING}${checkpointName(step)}`);
  await rm(doomed, { recursive: true, force: true });
  await rename(path, doomed);
  await rm(doomed, { recursive: true, force: true });
}

async function describe(folder: string): Promise<FileEntry[]> {
  return Promise.all(
    FILES.map(async (name) => ({
      name,
      size: (await stat(join(folder, name))).size,
      sha256: await sha256File(join(folder, name)),
    })),
  );
}

// The manifest tests the files; its own digest tests the manifest.
function sealed(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, sha256: sha256(JSON.stringify(manifest)) }, null, 1)}\n`;
}

async function readManifest(path: string): Promise<Manifest> {
  let content: (Manifest & { readonly sha256?: string }) | null;
  try {
    content = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw damage(path, 'manifest.json', 'it cannot be read as JSON', error);
  }
  if (content === null) throw damage(path, 'manifest.json', 'it holds nothing');
  if (content.format > FORMAT) {
    throw new CheckpointError(
      'newer-format',
      path,
      `cannot read ${path}: its format is ${content.format}, this version knows ${FORMAT}.\n` +
        'Resume with the version of @alectra/trainer that wrote it, or a later one.',
    );
  }
  const { sha256: seal, ...manifest } = content;
  if (seal !== sha256(JSON.stringify(manifest)))
    throw damage(path, 'manifest.json', 'its digest does not fit its content');
  const names = manifest.files.map(({ name }) => name);
  const missing = FILES.filter((name) => !names.includes(name));
  if (missing.length > 0) throw damage(path, 'manifest.json', `it lacks ${missing.join(', ')}`);
  return manifest;
}

async function verify(path: string, { name, size, sha256: expected }: FileEntry): Promise<void> {
  const file = join(path, name);
  const found = await stat(file).catch(() => undefined);
  if (!found) throw damage(path, name, 'it is missing');
  if (found.size !== size) throw damage(path, name, `it has ${found.size} bytes, not ${size}`);
  if ((await sha256File(file)) !== expected) throw damage(path, name, 'its SHA-256 differs');
}

function damage(path: string, file: string, what: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    'damaged',
    path,
    `the checkpoint ${path} is damaged: ${file}: ${what}.\n` +
      'Resume from an older one (resume: "auto" does), or restore the file from a copy.',
    { cause },
  );
}

async function tensorsOf(file: string): Promise<HostTensors> {
  return toHostTensors(await readSafetensors(file));
}
