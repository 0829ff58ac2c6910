// What a package of models offers as a whole, as data: which `model_type` it is, and a class for each kind of head.
//
// Declared here, where config.json is read; the packages of models answer it structurally (`albertModels`,
// `bertModels`, `electraModels`, `gptModels`), and a family of somebody else's does so without importing anything.

import type { ResolveOptions } from './resolve-model.js';

/** What a model is for; each stands for one of Hugging Face's `AutoModel…` classes. */
export type ModelHead =
  | 'base'
  | 'pre-training'
  | 'masked-lm'
  | 'causal-lm'
  | 'sequence-classification'
  | 'token-classification'
  | 'question-answering';

/** How a class loads. */
export interface PretrainedOptions extends ResolveOptions {
  /** Accept parameters of another shape (a head for other labels) and initialise them instead of throwing. */
  readonly allowMismatch?: boolean;
  /** For parameters that the folder lacks; default 0. */
  readonly seed?: number;
  readonly scheme?: 'huggingface' | 'google';
}

/** A class of models: what `modelFromPretrained` asks of it. */
export interface PretrainedClass {
  /** As in `architectures` of config.json. */
  readonly architecture: string;
  fromPretrained(
    name: string,
    options?: PretrainedOptions,
  ): Promise<{ readonly config: unknown; dispose(): void }>;
  /** The model as a pure function of parameters, config and batch. */
  readonly forward: (params: never, config: never, inputs: never, options?: never) => unknown;
  /** Logits at chosen positions only, where the class has them. */
  readonly logitsAt?: (
    params: never,
    config: never,
    inputs: never,
    positions: never,
    options?: never,
  ) => unknown;
}

/** Classes by what they are for. The first is made unless config.json names another one. */
export type ModelHeads = { readonly [Head in ModelHead]?: readonly PretrainedClass[] };

/** All models of one `model_type`. */
export interface ModelFamily<Heads extends ModelHeads = ModelHeads> {
  /** As in config.json. */
  readonly modelType: string;
  readonly heads: Heads;
}

/** The classes of a family (or of several) for a head, or all of them. */
export type ClassOf<Family, Head extends ModelHead | 'auto'> =
  Family extends ModelFamily<infer Heads>
    ? Head extends 'auto'
      ? Member<Heads[keyof Heads]>
      : Head extends keyof Heads
        ? Member<Heads[Head]>
        : never
    : never;

type Member<Classes> = Classes extends readonly (infer Class)[] ? Class : never;
