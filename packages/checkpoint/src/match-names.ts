// Which stored tensor is which parameter: the rules of Hugging Face's `from_pretrained`, and its report.
//
// A file holds a base model (no prefix) or a model with a head (prefix `albert.`), and either loads into the other.
// Tied weights are stored under one name or under both. Files of 2020 hold extras: `position_ids`, poolers that the
// head does not use, causal masks, LayerNorm parameters named gamma and beta.

import { CheckpointError } from './checkpoint-error.js';

export interface ModelTensors {
  /** Every distinct parameter: name → shape. Tied parameters once, under the name they are kept by. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The base model's prefix without its dot, such as `albert`: names match with and without it. */
  readonly prefix?: string;
  /** Other names of tied parameters: alias → name in `shapes`. */
  readonly tied?: Readonly<Record<string, string>>;
  /** Names in older files: theirs → name in `shapes`. Dropped where the file has the present name, too. */
  readonly former?: Readonly<Record<string, string>>;
  /** Stored names that are dropped without being reported as unexpected, besides {@link HISTORICAL}. */
  readonly ignored?: readonly RegExp[];
}

export interface ShapeMismatch {
  readonly name: string;
  readonly found: readonly number[];
  readonly expected: readonly number[];
}

export interface NameMatch {
  /** Parameter → name in the file. */
  readonly stored: ReadonlyMap<string, string>;
  /** Tied alias → [name in the file, name in the file of what it is tied to], where the file holds both. */
  readonly duplicates: ReadonlyMap<string, readonly [string, string]>;
  /** Parameters that the file does not hold: the caller initialises them. */
  readonly missing: readonly string[];
  /** Stored names that the model has no place for. */
  readonly unexpected: readonly string[];
  /** Parameters whose stored shape differs. */
  readonly mismatched: readonly ShapeMismatch[];
}

/** Buffers that old versions of Hugging Face transformers stored, and that models no longer have. */
export const HISTORICAL: readonly RegExp[] = [
  /(^|\.)position_ids$/,
  /(^|\.)embeddings\.token_type_ids$/,
  /(^|\.)h\.\d+\.attn\.(bias|masked_bias)$/,
];

/** Finds every parameter of `model` among stored tensors. Reads no data. */
export function matchNames(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  { shapes, prefix, tied = {}, former = {}, ignored = [] }: ModelTensors,
): NameMatch {
  const left = new Map([...tensors.keys()].map((name) => [modernName(name), name]));
  const take = (name: string): string | undefined => {
    for (const candidate of spellings(name, prefix)) {
      const found = left.get(candidate);
      if (found === undefined) continue;
      left.delete(candidate);
      return found;
    }
    return undefined;
  };

  const stored = new Map<string, string>();
  for (const name of Object.keys(shapes)) {
    const found = take(name);
    if (found !== undefined) stored.set(name, found);
  }
  for (const [old, name] of Object.entries(former)) {
    const found = take(old);
    if (found !== undefined && !stored.has(name)) stored.set(name, found);
  }
  const duplicates = new Map<string, readonly [string, string]>();
  for (const [alias, name] of Object.entries(tied)) {
    const found = take(alias);
    if (found === undefined) continue;
    const kept = stored.get(name);
    if (kept === undefined) stored.set(name, found);
    else duplicates.set(alias, [found, kept]);
  }

  const mismatched: ShapeMismatch[] = [];
  for (const [name, from] of stored) {
    const found = tensors.get(from)?.shape ?? [];
    const expected = shapes[name];
    if (found.length !== expected.length || found.some((size, axis) => size !== expected[axis])) {
      mismatched.push({ name, found, expected });
      stored.delete(name);
    }
  }
  const wrong = new Set(mismatched.map(({ name }) => name));
  const drop = [...HISTORICAL, ...ignored];
  return {
    stored,
    duplicates,
    missing: Object.keys(shapes).filter((name) => !stored.has(name) && !wrong.has(name)),
    unexpected: [...left.values()].filter((name) => !drop.some((pattern) => pattern.test(name))),
    mismatched,
  };
}

/** The error for parameters of the wrong shape. It names file, parameter and both shapes. */
export function mismatchError(path: string, mismatched: readonly ShapeMismatch[]): CheckpointError {
  const [{ name, found, expected }] = mismatched;
  const more = mismatched.length > 1 ? ` (and ${mismatched.length - 1} more tensors differ)` : '';
  return new CheckpointError(
    'shape-mismatch',
    `cannot load "${name}" from ${path}: it is [${found.join(', ')}], ` +
      `the configuration implies [${expected.join(', ')}]${more}.\n` +
      'Use the config.json that was saved next to this checkpoint.',
  );
}

// As transformers renames them: LayerNorm parameters carried over from TensorFlow.
function modernName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

function spellings(name: string, prefix: string | undefined): string[] {
  if (prefix === undefined) return [name];
  const dotted = `${prefix}.`;
  return [name, name.startsWith(dotted) ? name.slice(dotted.length) : dotted + name];
}
