// Reading and writing the folders of one family of models: between its config and parameters, and the files.
//
// The packages of models pass this to `modelClass` of `@alectra/nn`, whose `ModelStorage` it is.

import { CheckpointError } from './checkpoint-error.js';
import { toHostTensor } from './host-tensor.js';
import { loadWeights } from './load-weights.js';
import { type OpenModelFolder, openModelFolder, writeModelFolder } from './model-folder.js';
import { type ResolveOptions, resolveModel } from './resolve-model.js';
import { type FloatDtype, storedAs } from './stored-floats.js';
import { elementCount, type WeightRecord } from './weights.js';

/** How a family's config.json is read and written. */
export interface StoredFamily<Config> {
  readonly fromJson: (json: unknown) => Config;
  readonly toJson: (config: Config, architecture: string) => Record<string, unknown>;
  /** Parts that files hold and some classes do not use, such as poolers: not reported as unexpected. */
  readonly unused?: readonly RegExp[];
}

/** A parameter as models take it. */
export interface FloatTensor {
  readonly dtype: 'float32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a class expects to find in a folder. */
export interface ExpectedModel<Config> {
  /** Of the bare model's parameters, without the dot. */
  readonly prefix: string;
  /** Other names of tied parameters: alias → name in the layout. */
  readonly tied?: (config: Config) => Readonly<Record<string, string>>;
  /** Names of older files: theirs → name in the layout. */
  readonly former?: (config: Config) => Readonly<Record<string, string>>;
  /** Every parameter that the config implies. */
  readonly layout: (
    config: Config,
  ) => Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly allowMismatch: boolean;
}

export interface StoredModel<Config> {
  readonly config: Config;
  readonly tensors: Record<string, FloatTensor>;
  /** Parameters that the folder lacks, or has in another shape where that is allowed. */
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export interface ModelStorage<Config> {
  load(
    name: string,
    expected: ExpectedModel<Config>,
    source: Partial<ResolveOptions>,
  ): Promise<StoredModel<Config>>;
  save(
    folder: string,
    content: {
      readonly architecture: string;
      readonly config: Config;
      readonly tensors: Readonly<Record<string, FloatTensor>>;
      /** Default 'float32'. Others are noted as `torch_dtype` in config.json. */
      readonly dtype?: FloatDtype;
      readonly files?: Readonly<Record<string, string | Uint8Array>>;
    },
  ): Promise<void>;
}

/** Loads models of the family by path or name on the hub, and saves them. */
export function modelStorage<Config>(family: StoredFamily<Config>): ModelStorage<Config> {
  return {
    async load(name, expected, source) {
      const folder = await openModelFolder(await resolveModel(name, source));
      try {
        return await read(family, folder, expected);
      } finally {
        await folder.close();
      }
    },

    async save(path, { architecture, config, tensors, dtype = 'float32', files }) {
      const weights = mapValues(tensors, (tensor, name) => storedAs(dtype, tensor, name));
      // The config may come from a folder of another type: `dtype` is what transformers 5 calls it.
      const { dtype: _, torch_dtype: __, ...rest } = family.toJson(config, architecture);
      const json = dtype === 'float32' ? rest : { ...rest, torch_dtype: dtype };
      await writeModelFolder(path, { config: json, weights, files });
    },
  };
}

async function read<Config>(
  { fromJson, unused }: StoredFamily<Config>,
  folder: OpenModelFolder,
  { prefix, tied, former, layout, allowMismatch }: ExpectedModel<Config>,
): Promise<StoredModel<Config>> {
  const config = fromJson(folder.config);
  const shapes = mapValues(layout(config), ({ shape }) => shape);
  const names = { tied: tied?.(config), former: former?.(config) };
  const model = { shapes, prefix, ...names, ignored: unused };
  const found = await loadWeights(folder.weights, model, { allowMismatch });
  const missing = [...found.missing, ...found.mismatched.map((mismatch) => mismatch.name)];
  checkMissing(missing, shapes, folder);
  return {
    config,
    tensors: toFloats(found.weights, folder.weights.path),
    missing,
    unexpected: found.unexpected,
  };
}

/** Values of a fresh head, whatever the file's size; beyond them no more than the file holds. */
const FRESH = 4_000_000;

/** Refuses a config that asks for far more than there is, before anything is made for it. */
function checkMissing(
  missing: readonly string[],
  shapes: Readonly<Record<string, readonly number[]>>,
  { path, weights }: OpenModelFolder,
): void {
  const total = (all: Iterable<readonly number[]>): number =>
    [...all].reduce((sum, shape) => sum + elementCount(shape), 0);
  const lacking = total(missing.map((name) => shapes[name]));
  const held = total([...weights.tensors.values()].map(({ shape }) => shape));
  if (lacking <= Math.max(FRESH, held)) return;
  const largest = missing.reduce((a, b) =>
    elementCount(shapes[a]) > elementCount(shapes[b]) ? a : b,
  );
  throw new CheckpointError(
    'bad-config',
    `cannot load ${path}: its config.json implies ${lacking} values that are not in the file, which holds ${held}; ` +
      `the largest is "${largest}", [${shapes[largest].join(', ')}].\n` +
      'Use the config.json that was saved next to these weights.',
  );
}

function toFloats(weights: WeightRecord, path: string): Record<string, FloatTensor> {
  return mapValues(weights, (stored, name) => {
    const { dtype, shape, data } = toHostTensor(stored, name);
    if (dtype === 'float32') return { dtype, shape, data: data as Float32Array }; // by the dtype
    throw new CheckpointError(
      'unsupported-dtype',
      `cannot load "${name}" from ${path}: it is ${stored.dtype}, expected floats.\n` +
        'The file holds no weights of this model; download it again, or convert it.',
    );
  });
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}
