// From a weight file to the parameters of a model: matched by name, checked by shape, then read.

import { CheckpointError } from './checkpoint-error.js';
import { type ModelTensors, matchNames, mismatchError, type ShapeMismatch } from './match-names.js';
import { emptyRecord, type WeightRecord, type WeightSource, type WeightTensor } from './weights.js';

export interface LoadedWeights {
  /** By the model's names, tied weights once. */
  readonly weights: WeightRecord;
  /** Parameters that the file does not hold: initialise them, and tell the user. */
  readonly missing: readonly string[];
  /** Tensors in the file that the model has no place for. */
  readonly unexpected: readonly string[];
  /** Only with `allowMismatch`: parameters left out because their shape differs. */
  readonly mismatched: readonly ShapeMismatch[];
}

export interface LoadOptions {
  /** Leave out parameters whose stored shape differs (a head for other labels) instead of throwing. */
  readonly allowMismatch?: boolean;
}

/**
 * Reads the parameters of a model from an open weight file. All names and shapes are checked before any data is
 * read, so a configuration that lies allocates nothing.
 *
 * @throws CheckpointError `shape-mismatch`; `missing-weights` if not one parameter is found; `untied-weights` if the
 *   file holds both names of a tied weight with different values
 */
export async function loadWeights(
  source: WeightSource,
  model: ModelTensors,
  { allowMismatch = false }: LoadOptions = {},
): Promise<LoadedWeights> {
  const match = matchNames(source.tensors, model);
  const { missing, unexpected, mismatched } = match;
  if (mismatched.length > 0 && !allowMismatch) throw mismatchError(source.path, mismatched);
  if (match.stored.size === 0 && mismatched.length === 0 && missing.length > 0) {
    throw noneFound(source, missing);
  }
  const weights = emptyRecord<WeightTensor>();
  const wanted = match.stored.size + match.duplicates.size;
  const all = wanted * 2 > source.tensors.size ? await source.readAll() : undefined;
  const read = async (name: string): Promise<WeightTensor> => all?.[name] ?? source.read(name);
  for (const [name, from] of match.stored) weights[name] = await read(from);
  for (const [alias, [copy, kept]] of match.duplicates) {
    if (!sameBytes(await read(copy), await read(kept)))
      throw untied(source.path, alias, copy, kept);
  }
  return { weights, missing, unexpected, mismatched };
}

/** One sentence a line on what was missing, unexpected or left out; empty if all fitted. */
export function describeLoad(
  { missing, unexpected, mismatched }: Omit<LoadedWeights, 'weights'>,
  path: string,
): string {
  const lines: string[] = [];
  const list = (names: readonly string[]): string => names.join(', ');
  if (missing.length > 0) {
    lines.push(`Not in ${path}, newly initialised: ${list(missing)}. Train before use.`);
  }
  if (unexpected.length > 0) {
    lines.push(`In ${path}, not used by this model: ${list(unexpected)}.`);
  }
  for (const { name, found, expected } of mismatched) {
    lines.push(
      `Newly initialised because of its shape: ${name}, [${found.join(', ')}] in ${path}, ` +
        `[${expected.join(', ')}] in the model.`,
    );
  }
  return lines.join('\n');
}

function noneFound(source: WeightSource, missing: readonly string[]): CheckpointError {
  const [first = 'none'] = source.tensors.keys();
  return new CheckpointError(
    'missing-weights',
    `${source.path} holds none of the model's ${missing.length} parameters: ` +
      `found ${source.tensors.size} tensors such as "${first}", expected such as "${missing[0]}".\n` +
      'The file belongs to another kind of model; check "model_type" in config.json.',
  );
}

function untied(path: string, alias: string, copy: string, kept: string): CheckpointError {
  return new CheckpointError(
    'untied-weights',
    `${path} holds different values for "${copy}" and "${kept}", which this model shares (as "${alias}").\n` +
      'It was trained with separate weights: set "tie_word_embeddings" to false in its config.json.',
  );
}

function sameBytes(a: WeightTensor, b: WeightTensor): boolean {
  const bytes = ({ data }: WeightTensor): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return a.dtype === b.dtype && Buffer.compare(bytes(a), bytes(b)) === 0;
}
