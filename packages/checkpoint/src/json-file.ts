// Small JSON files from strangers: bounded in size, an object, without keys that change prototypes.

import { readFile, stat } from 'node:fs/promises';
import { CheckpointError } from './checkpoint-error.js';

const MAX_BYTES = 100_000_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON file that must hold an object.
 *
 * @param code of the error, if it does not
 */
export async function readJsonObject(
  path: string,
  code: 'bad-config' | 'bad-index',
): Promise<JsonObject> {
  const refuse = (what: string, cause?: unknown): CheckpointError =>
    new CheckpointError(
      code,
      `cannot use ${path}: ${what}.\nDownload the file again, or correct it.`,
      { cause },
    );
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw refuse(`it has ${size} bytes, at most ${MAX_BYTES} are allowed`);
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text, (key, item: unknown) => {
      if (key === '__proto__') throw new SyntaxError('it has a key named __proto__');
      return item;
    });
  } catch (cause) {
    throw refuse((cause as Error).message, cause); // nested too deep: the reviver runs out of stack
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse('it is not a JSON object');
  }
  return value as JsonObject; // checked above
}
