// Model configs: plain objects in camelCase here, Hugging Face's snake_case in config.json.
//
// A family of models lists its fields once; reading, writing, defaults and checks follow from the list.

import { ACTIVATION_NAMES } from './activation.js';

/** What a field's value must be, in words for messages and as a check. */
export interface FieldKind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

export interface ConfigField {
  /** Key in config.json. */
  readonly json: string;
  readonly kind: FieldKind;
  /** Value when the key is absent; undefined leaves the field out. */
  readonly default?: unknown;
}

/** Fields of a config by their camelCase name. */
export type ConfigFields = Readonly<Record<string, ConfigField>>;

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Largest size that still indexes safely: TensorFlow.js and ONNX count elements in int32. */
const MAX_SIZE = 2 ** 31 - 1;

/** A positive integer. */
export const SIZE: FieldKind = {
  expected: 'a positive integer below 2^31',
  accepts: (value) =>
    Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_SIZE,
};

/** A number of layers. Every layer is a row of names: a config.json that lies must not make billions. */
export const DEPTH: FieldKind = {
  expected: 'an integer from 1 to 1000',
  accepts: (value) => SIZE.accepts(value) && (value as number) <= 1000,
};

/** A probability of dropping. */
export const RATE: FieldKind = {
  expected: 'a number from 0 to below 1',
  accepts: (value) => isNumber(value) && value >= 0 && value < 1,
};

/** A positive number. */
export const POSITIVE: FieldKind = {
  expected: 'a positive number',
  accepts: (value) => isNumber(value) && value > 0,
};

/** A token id. */
export const TOKEN_ID: FieldKind = {
  expected: 'a token id (an integer from 0)',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0,
};

/** A name of `activation`. */
export const ACTIVATION: FieldKind = {
  expected: `one of ${ACTIVATION_NAMES.join(', ')}`,
  accepts: (value) => typeof value === 'string' && ACTIVATION_NAMES.includes(value),
};

/** A switch. */
export const BOOLEAN: FieldKind = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

/** A JSON object. */
export const OBJECT: FieldKind = { expected: 'an object', accepts: isObject };

/** One of some words. */
export function oneOf(...words: string[]): FieldKind {
  return {
    expected: `one of ${words.join(', ')}`,
    accepts: (value) => typeof value === 'string' && words.includes(value),
  };
}

/**
 * A config from camelCase values: absent fields get their defaults.
 *
 * @param owner package name, for messages
 * @throws RangeError for an unknown field or a value of the wrong kind
 */
export function completeConfig(
  owner: string,
  fields: ConfigFields,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(fields, name)) continue;
    throw new RangeError(
      `${owner}: cannot use the config: unknown field '${name}'.\n` +
        `Expected fields are ${Object.keys(fields).join(', ')}.`,
    );
  }
  const config: Record<string, unknown> = {};
  for (const [name, { kind, default: absent }] of Object.entries(fields)) {
    const value = values[name] ?? absent;
    if (value === undefined) continue;
    check(owner, name, kind, value);
    config[name] = value;
  }
  return config;
}

/**
 * camelCase values and the rest of a config.json. null counts as absent, as in Hugging Face's files.
 *
 * @throws TypeError when `json` is not an object, RangeError for a value of the wrong kind
 */
export function readConfigFields(
  owner: string,
  fields: ConfigFields,
  json: unknown,
): { readonly values: Record<string, unknown>; readonly rest: Record<string, unknown> } {
  if (!isObject(json)) {
    throw new TypeError(
      `${owner}: cannot read the config: found ${JSON.stringify(json)}, expected an object.\n` +
        'Pass the parsed content of config.json.',
    );
  }
  const rest = new Map(Object.entries(json as object));
  const values: Record<string, unknown> = {};
  for (const [name, { json: key, kind }] of Object.entries(fields)) {
    const value = rest.get(key) ?? undefined;
    rest.delete(key);
    if (value === undefined) continue;
    check(owner, key, kind, value);
    values[name] = value;
  }
  return { values, rest: Object.fromEntries(rest) };
}

/** The fields of a config under their keys of config.json. */
export function writeConfigFields(fields: ConfigFields, config: object): Record<string, unknown> {
  const values = new Map(Object.entries(config));
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => values.get(name) !== undefined)
      .map(([name, { json }]) => [json, values.get(name)]),
  );
}

function check(owner: string, name: string, kind: FieldKind, value: unknown): void {
  if (kind.accepts(value)) return;
  throw new RangeError(
    `${owner}: cannot use the config: '${name}' is ${JSON.stringify(value)}, expected ${kind.expected}.\n` +
      'Correct the value, or leave it out for the default.',
  );
}
