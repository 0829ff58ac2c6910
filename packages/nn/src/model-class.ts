// The thin class around a pure model: config, parameters and forward function, loaded, saved and disposed as one.
//
// A family of models defines each head as data (`ModelDefinition`) and gets a class from `modelClass`. Reading and
// writing folders is the family's business (`ModelStorage`): this package knows no file format.

import type * as tf from '@tensorflow/tfjs-core';
import {
  type HostTensors,
  type InitializeOptions,
  initialize,
  type ParameterLayout,
} from './initialize.js';
import { LoadedModel } from './loaded-model.js';
import type { CallOptions, Params, TokenBatch } from './params.js';

/** Further names that files have for parameters: theirs → name in the layout. */
export type OtherNames<Config> = (config: Config) => Readonly<Record<string, string>>;

/** A head with its body, as data and pure functions. */
export interface ModelDefinition<Config, Outputs> {
  /** Name of the class, written to config.json: `AlbertForMaskedLM`. */
  readonly architecture: string;
  /** Prefix of the body's parameters without the dot; files are read with and without it. */
  readonly prefix: string;
  /** Under which files repeat what is held once. */
  readonly tied?: OtherNames<Config>;
  /** Of older files; read where the present name is missing, else ignored. */
  readonly former?: OtherNames<Config>;
  readonly layout: (config: Config) => ParameterLayout;
  readonly forward: (
    params: Params,
    config: Config,
    inputs: TokenBatch,
    options?: CallOptions,
  ) => Outputs;
}

/** What `call` takes: the mask defaults to all tokens, the segments to zero. */
export interface ModelInputs {
  /** int32 `[B, S]` */
  readonly inputIds: tf.Tensor2D;
  /** int32 `[B, S]`: 1 for a token, 0 for padding */
  readonly attentionMask?: tf.Tensor2D;
  /** int32 `[B, S]` */
  readonly tokenTypeIds?: tf.Tensor2D;
}

/** What a folder held and what the model made of it. */
export interface LoadReport {
  /** Parameters that the folder lacks, or has in another shape: freshly initialised. */
  readonly missing: readonly string[];
  /** Tensors of the folder that the model has no place for. */
  readonly unexpected: readonly string[];
}

/** Reads and writes the folders of one family. `Source`: its own options of loading, such as where a hub is. */
export interface ModelStorage<Config, Source extends object = object> {
  /** The model of that name, which is a path or what else the family resolves. */
  load(
    name: string,
    expected: {
      readonly prefix: string;
      readonly tied?: OtherNames<Config>;
      readonly former?: OtherNames<Config>;
      readonly layout: (config: Config) => ParameterLayout;
      readonly allowMismatch: boolean;
    },
    source: Partial<Source>,
  ): Promise<LoadReport & { readonly config: Config; readonly tensors: HostTensors }>;
  save(
    folder: string,
    content: {
      readonly architecture: string;
      readonly config: Config;
      readonly tensors: HostTensors;
      readonly dtype?: SaveOptions['dtype'];
      readonly files?: Readonly<Record<string, string | Uint8Array>>;
    },
  ): Promise<void>;
}

/** Where first values come from; `standardDeviation` is the config's `initializerRange`. */
export type InitOptions = Omit<InitializeOptions, 'standardDeviation'>;

export interface LoadOptions extends Partial<InitOptions> {
  /** Accept parameters of another shape (a head for other labels) and initialise them instead of throwing. */
  readonly allowMismatch?: boolean;
}

export interface SaveOptions {
  /** How parameters are stored, as `torch_dtype` of Hugging Face; default 'float32', which loses nothing. */
  readonly dtype?: 'float32' | 'float16' | 'bfloat16';
  /** Further files of the folder by name, such as vocab.txt. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A model with its parameters, on the backend that was current when it was made. */
export interface Model<Config, Outputs> {
  readonly config: Config;
  /** By Hugging Face name, tied parameters once. Owned by the model. */
  readonly params: Params;
  /** Empty lists for a model that was not loaded. */
  readonly loading: LoadReport;
  /**
   * Runs the model; the caller disposes inputs and outputs.
   *
   * @throws RangeError for inputs that do not fit the config; Error after `dispose`
   */
  call(inputs: ModelInputs, options?: CallOptions): Outputs;
  /** Writes config.json and model.safetensors, which Hugging Face transformers loads. */
  savePretrained(folder: string, options?: SaveOptions): Promise<void>;
  /** Frees the parameters; again changes nothing. */
  dispose(): void;
}

/** Makes models of one kind. */
export interface ModelClass<Config, Outputs, Source extends object = object> {
  readonly architecture: string;
  /** Names, shapes and initial distributions of the parameters, tied ones once. */
  readonly layout: (config: Config) => ParameterLayout;
  /** The pure function behind `call`: parameters are an argument, so it can be differentiated and traced. */
  readonly forward: ModelDefinition<Config, Outputs>['forward'];
  /** Random parameters as plain data, for programs that hand them to an engine. */
  initialTensors(config: Config, options: InitOptions): HostTensors;
  /** Loads a Hugging Face model by path or name; what it lacks is initialised and listed in `loading`. */
  fromPretrained(
    name: string,
    options?: LoadOptions & Partial<Source>,
  ): Promise<Model<Config, Outputs>>;
  /** A model with random parameters. */
  init(config: Config, options: InitOptions): Model<Config, Outputs>;
  /**
   * A model with the given parameters. A backend may keep the very arrays: do not write to them afterwards.
   *
   * @throws RangeError for tensors that the config does not imply
   */
  fromTensors(config: Config, tensors: HostTensors): Model<Config, Outputs>;
}

/** The class of one head. */
export function modelClass<
  Config extends { readonly initializerRange: number },
  Outputs,
  Source extends object = object,
>(
  definition: ModelDefinition<Config, Outputs>,
  storage: ModelStorage<Config, Source>,
): ModelClass<Config, Outputs, Source> {
  const { architecture, prefix, tied, former, layout, forward } = definition;
  const draw = (config: Config, names: ParameterLayout, options: InitOptions): HostTensors =>
    initialize(names, { ...options, standardDeviation: config.initializerRange });
  const create = (
    config: Config,
    tensors: HostTensors,
    loading: LoadReport = { missing: [], unexpected: [] },
  ): Model<Config, Outputs> => new LoadedModel(definition, storage, config, tensors, loading);

  return {
    architecture,
    layout,
    forward,
    initialTensors: (config, options) => draw(config, layout(config), options),
    fromTensors: (config, tensors) => create(config, tensors),
    init: (config, options) => create(config, draw(config, layout(config), options)),
    async fromPretrained(name, options = {}) {
      const {
        seed = 0,
        scheme,
        linearDeviation,
        positions,
        allowMismatch = false,
        ...source
      } = options;
      const init = { seed, scheme, linearDeviation, positions };
      const expected = { prefix, tied, former, layout, allowMismatch };
      // What is left are the storage's own options, which the type of the parameter says.
      const loaded = await storage.load(name, expected, source as Partial<Source>);
      const all = layout(loaded.config);
      const lacking = Object.fromEntries(loaded.missing.map((lack) => [lack, all[lack]]));
      const tensors = { ...loaded.tensors, ...draw(loaded.config, lacking, init) };
      return create(loaded.config, tensors, loaded);
    },
  };
}
