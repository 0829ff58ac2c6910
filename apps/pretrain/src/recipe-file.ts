// From preset, recipe file and flags to one validated recipe: later ones win, key by key.

import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { presets } from './presets.js';
import { type Recipe, recipeSchema } from './recipe.js';
import { checkPaths } from './recipe-paths.js';
import { checkSizes } from './recipe-sizes.js';
import { UsageError } from './usage-error.js';

type PlainRecord = { [key: string]: unknown };

export interface RecipeSources {
  readonly preset?: string | undefined;
  /** A YAML or JSON file. */
  readonly file?: string | undefined;
  /** `key.path=value` pairs; the value is read as YAML. */
  readonly set?: readonly string[] | undefined;
  /** Values of named flags, undefined where not given. */
  readonly flags?: PlainRecord | undefined;
  /** The run folder of a run that goes on: what was made there needs its sources no more. */
  readonly folder?: string | undefined;
}

/** @throws UsageError with every fault of the recipe in one message */
export function resolveRecipe({
  preset,
  file,
  set = [],
  flags = {},
  folder,
}: RecipeSources): Recipe {
  const fromFile = file === undefined ? {} : readRecipeFile(file);
  const name = preset ?? (typeof fromFile.preset === 'string' ? fromFile.preset : undefined);
  if (name === undefined && file === undefined)
    throw new UsageError(
      `pretrain: there is no recipe: give --preset (${Object.keys(presets).join(', ')}) or --recipe with a file.`,
    );
  const base = name === undefined || name === 'none' ? {} : presetNamed(name);
  const layers = [base, fromFile, ...set.map(parseAssignment), flags];
  const merged = layers.reduce<PlainRecord>(merge, name === undefined ? {} : { preset: name });
  const recipe = validate(
    name === undefined ? merged : { ...merged, preset: name },
    file ?? 'the recipe',
  );
  checkSizes(recipe);
  checkPaths(recipe, folder);
  return recipe;
}

function presetNamed(name: string): PlainRecord {
  const found = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (found) return found as PlainRecord;
  throw new UsageError(
    `pretrain: there is no preset "${name}": expected ${Object.keys(presets).join(', ')}.`,
  );
}

function readRecipeFile(path: string): PlainRecord {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(
      `pretrain: there is no recipe file ${path}.\nCheck the path after --recipe.`,
    );
  const value = parsed(readFileSync(path, 'utf8'), path);
  if (isRecord(value)) return value;
  const found = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value;
  throw new UsageError(
    `pretrain: ${path} is not a recipe: found ${found}, expected keys and values.`,
  );
}

/** YAML, of which JSON is a part. What its parser throws is the writer's mistake, whatever its class. */
function parsed(text: string, source: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20 });
  } catch (error) {
    throw new UsageError(`pretrain: ${source} cannot be read: ${(error as Error).message}`);
  }
}

function parseAssignment(text: string): PlainRecord {
  const at = text.indexOf('=');
  if (at < 1)
    throw new UsageError(
      `pretrain: --set ${text} is not an assignment: expected key.path=value, such as optimizer.name=lamb.`,
    );
  const keys = text.slice(0, at).split('.').reverse();
  return keys.reduce<unknown>(
    (value, key) => ({ [key]: value }),
    parsed(text.slice(at + 1), `--set ${text}`),
  ) as PlainRecord;
}

/** `over` on top of `under`; undefined leaves the lower value. */
function merge(under: PlainRecord, over: PlainRecord): PlainRecord {
  const result: PlainRecord = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined || key === '__proto__') continue;
    const below = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isRecord(value) && isRecord(below) ? merge(below, value) : value;
  }
  return result;
}

function validate(value: PlainRecord, source: string): Recipe {
  const result = recipeSchema.safeParse(value);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `  ${describeIssue(issue, value)}`);
    throw new UsageError(`pretrain: ${source} cannot be used:\n${faults.join('\n')}`);
  }
  return result.data;
}

function describeIssue(issue: z.core.$ZodIssue, value: PlainRecord): string {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path || 'recipe'}: ${issue.message}`;
  const known = knownKeys(issue.path);
  return issue.keys
    .map((key) => {
      const near = closest(key, known);
      const hint = near ? `did you mean ${near}?` : `known are ${known.join(', ')}`;
      return `${[...issue.path, key].join('.')}: unknown key${value ? `; ${hint}` : ''}`;
    })
    .join('\n  ');
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let shape = shapeOf(recipeSchema);
  for (const key of path) shape = shapeOf(shape?.[String(key)]);
  return Object.keys(shape ?? {});
}

/** The fields of an object schema, whatever defaults it is wrapped in. */
function shapeOf(schema: unknown): PlainRecord | undefined {
  let inner = schema as { shape?: PlainRecord; unwrap?: () => unknown } | undefined;
  while (inner && !inner.shape && inner.unwrap) inner = inner.unwrap() as typeof inner;
  return inner?.shape;
}

/** The known name within two edits, if there is one. */
function closest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

function isRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
