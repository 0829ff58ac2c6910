// alectra-manifest.json: what a folder of shards holds, where every record batch lies, and how to know that the
// bytes are the ones written. The manifest carries its own SHA-256, so a damaged manifest is noticed too.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@alectra/files';
import type { BuildCounts } from './builder.js';
import { ShardError } from './shard-error.js';

export const MANIFEST_NAME = 'alectra-manifest.json';

export interface Part {
  readonly offset: number;
  readonly length: number;
  readonly crc32: number;
}

export interface BatchPart extends Part {
  readonly rows: number;
}

export interface ShardEntry {
  /** Path below the folder, with slashes. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly header: Part;
  readonly batches: readonly BatchPart[];
}

export type SplitName = 'train' | 'validation';

export interface SplitEntry {
  readonly rows: number;
  readonly shards: readonly ShardEntry[];
}

/** Everything that decides the bytes, beside the text itself. */
export interface BuildConfiguration {
  readonly builder: string;
  readonly length: number;
  readonly vocabularySize: number;
  readonly special: { readonly pad: number; readonly cls: number; readonly sep: number };
  /** What the caller says of its tokenizer: vocabulary hash, casing. Plain JSON. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly heldOut: number;
  readonly clean: 'none' | 'huggingface';
  readonly decontamination: string;
  readonly rowsPerBatch: number;
  readonly rowsPerShard: number;
}

export interface BuildStatistics extends BuildCounts {
  /** Documents read, and those of them left out: exact duplicates, contaminated ones, ones without an example. */
  documents: number;
  duplicates: number;
  contaminated: number;
  empty: number;
  /** UTF-16 units of text read. */
  characters: number;
  examples: number;
  /** Positions of the examples that hold a token, special tokens included. */
  filled: number;
}

export interface Manifest {
  readonly format: 'alectra-shards';
  readonly version: 1;
  /** Hash of configuration and input: equal for equal data, whatever machine or number of workers built it. */
  readonly fingerprint: string;
  readonly input: { readonly name: string; readonly documents: number; readonly hash: string };
  readonly configuration: BuildConfiguration;
  readonly statistics: BuildStatistics;
  readonly splits: Readonly<Partial<Record<SplitName, SplitEntry>>>;
  /** SHA-256 of the small files beside the shards. */
  readonly files: Readonly<Record<string, string>>;
}

/** JSON with sorted keys: one text for one value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** The fingerprint of a build: configuration and input, nothing of the machine. */
export function fingerprintOf(configuration: BuildConfiguration, inputHash: string): string {
  return sha256(canonicalJson({ format: 1, configuration, inputHash }));
}

export function writeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, sha256: sha256(canonicalJson(manifest)) })}\n`;
}

/**
 * Reads and checks a folder's manifest.
 *
 * @throws ShardError `missing`, `foreign` (another format) or `damaged`
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, MANIFEST_NAME);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ShardError(
      `${folder} is not a finished folder of shards: it has no ${MANIFEST_NAME}.\n` +
        'Build it with "alectra-shards build", or run an interrupted build again to finish it.',
      { code: 'missing', file },
      error,
    );
  });
  let parsed: Manifest & { readonly sha256?: string };
  try {
    parsed = JSON.parse(text) as Manifest & { readonly sha256?: string };
  } catch (error) {
    throw manifestDamaged(file, 'text that is not JSON', 'a JSON object', error);
  }
  const { sha256: recorded, ...manifest } = parsed ?? {};
  if (recorded === undefined)
    throw manifestDamaged(file, 'no "sha256"', 'the hash of the manifest itself');
  const found = sha256(canonicalJson(manifest));
  if (found !== recorded) throw manifestDamaged(file, `SHA-256 ${found}`, `SHA-256 ${recorded}`);
  if (manifest.format !== 'alectra-shards' || manifest.version !== 1)
    throw new ShardError(
      `${file} has format "${manifest.format}" version ${manifest.version}: expected "alectra-shards" version 1.\n` +
        'Build the folder again with this version.',
      { code: 'foreign', file },
    );
  // The text itself must be the one written: a changed space is damage as well.
  if (writeManifest(manifest) !== text)
    throw manifestDamaged(file, 'a text that was changed', 'the bytes as written');
  return manifest;
}

function manifestDamaged(
  file: string,
  found: string,
  expected: string,
  cause?: unknown,
): ShardError {
  return new ShardError(
    `${file} is damaged: found ${found}, expected ${expected}.\nCopy the file again or build the folder again.`,
    { code: 'damaged', file, found, expected },
    cause,
  );
}
