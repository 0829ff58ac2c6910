// Which weights the generator and the discriminator have in common, and the one flat record that training holds.
//
// A tied tensor stands once, under its generator name: there is nothing to keep equal, the optimizer meets it once, and
// both losses reach it. `copyAtInit` only starts both from the same values; this is what lmtuners' code does where its
// README says "tied".

import type { HostTensor } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';

export const TIE_PARTS = ['word', 'position', 'segment', 'norm', 'projection', 'encoder'] as const;
export type TiePart = (typeof TIE_PARTS)[number];

/** `share`: one tensor. `copyAtInit`: two, which start equal. */
export type TieMode = 'share' | 'copyAtInit';

/** Each part: not tied, tied as `mode` says, or in a way of its own. */
export interface Tying extends Readonly<Record<TiePart, boolean | TieMode>> {
  readonly mode: TieMode;
}

/** A weight outside any engine, or on one. */
export type Weight = HostTensor | tf.Tensor;
export type Weights<T extends Weight = Weight> = Readonly<Record<string, T>>;

/** Where a parameter belongs; `key` is the same for the counterparts of two models. */
export type TieKey = (name: string) => { readonly part: TiePart; readonly key: string } | undefined;

const GENERATOR = 'generator.';
const DISCRIMINATOR = 'discriminator.';

/** Discriminator parameter name → generator parameter name and way, for the parts that `tying` switches on. */
export type TiedNames = Readonly<
  Record<string, { readonly source: string; readonly mode: TieMode }>
>;

/**
 * The counterparts of two models.
 *
 * @param tieKey how names are understood; by default Hugging Face's names of ALBERT, BERT and ELECTRA
 * @throws RangeError if a part has no counterpart, or one of another shape
 */
export function tiedNames(
  generator: Weights,
  discriminator: Weights,
  tying: Tying,
  tieKey: TieKey = huggingFaceTieKey,
): TiedNames {
  const counterparts = new Map<string, string>();
  for (const name of Object.keys(generator)) {
    const found = tieKey(name);
    if (!found) continue;
    const key = `${found.part} ${found.key}`;
    const other = counterparts.get(key);
    if (other !== undefined && tying[found.part])
      throw fault(found.part, `the generator has two of it, "${other}" and "${name}"`);
    counterparts.set(key, name);
  }
  const tied: Record<string, TiedNames[string]> = {};
  const met = new Set<TiePart>();
  for (const [name, weight] of Object.entries(discriminator)) {
    const found = tieKey(name);
    const way = found && tying[found.part];
    if (!way) continue;
    met.add(found.part);
    const counterpart = counterparts.get(`${found.part} ${found.key}`);
    const other = counterpart === undefined ? undefined : generator[counterpart];
    if (counterpart === undefined || other === undefined)
      throw fault(found.part, `"${name}" has no counterpart in the generator`);
    if (other.shape.join() !== weight.shape.join())
      throw fault(
        found.part,
        `"${name}" is [${weight.shape.join(', ')}] and the generator's "${counterpart}" [${other.shape.join(', ')}]`,
      );
    tied[name] = { source: counterpart, mode: way === true ? tying.mode : way };
  }
  for (const part of TIE_PARTS) {
    if (tying[part] && !met.has(part)) throw fault(part, 'the discriminator has no such parameter');
  }
  return tied;
}

/**
 * One flat record: `generator.<name>` and `discriminator.<name>`. Tied weights take the generator's values:
 * shared ones stand under the generator's name only, copied ones are copies (of tensors: the caller disposes).
 */
export function joinWeights<T extends Weight>(
  generator: Weights<T>,
  discriminator: Weights<T>,
  tied: TiedNames,
): Record<string, T> {
  const params: Record<string, T> = {};
  for (const [name, weight] of Object.entries(generator)) params[GENERATOR + name] = weight;
  for (const [name, weight] of Object.entries(discriminator)) {
    const tie = tied[name];
    const source = tie && generator[tie.source];
    if (source === undefined) params[DISCRIMINATOR + name] = weight;
    else if (tie?.mode === 'copyAtInit') params[DISCRIMINATOR + name] = copyOf(source);
  }
  return params;
}

/** The generator's own names out of the flat record; the same tensors, nothing to dispose. */
export function generatorView<T>(params: Readonly<Record<string, T>>): Record<string, T> {
  return underPrefix(params, GENERATOR);
}

/** The discriminator's own names out of the flat record, shared tensors included. */
export function discriminatorView<T>(
  params: Readonly<Record<string, T>>,
  tied: TiedNames,
): Record<string, T> {
  const view = underPrefix(params, DISCRIMINATOR);
  for (const [name, { source, mode }] of Object.entries(tied)) {
    if (mode === 'copyAtInit') continue;
    const shared = params[GENERATOR + source];
    if (shared === undefined)
      throw new RangeError(
        `electra-task: no parameter "${GENERATOR}${source}", expected it for the tied "${name}".\n` +
          'Pass the flat record that the task made, whole.',
      );
    view[name] = shared;
  }
  return view;
}

const PATTERNS: readonly [TiePart, RegExp][] = [
  ['word', /(?:^|\.)embeddings\.(word_embeddings\.weight)$/],
  ['position', /(?:^|\.)embeddings\.(position_embeddings\.weight)$/],
  ['segment', /(?:^|\.)embeddings\.(token_type_embeddings\.weight)$/],
  ['norm', /(?:^|\.)embeddings\.(LayerNorm\.(?:weight|bias))$/],
  [
    'projection',
    /(?:^|\.)(?:encoder\.embedding_hidden_mapping_in|embeddings_project)\.(weight|bias)$/,
  ],
  ['encoder', /(?:^|\.)encoder\.((?:layer|albert_layer_groups)\..*)$/],
];

function huggingFaceTieKey(name: string): ReturnType<TieKey> {
  for (const [part, pattern] of PATTERNS) {
    const key = pattern.exec(name)?.[1];
    if (key !== undefined) return { part, key };
  }
  return undefined;
}

function underPrefix<T>(params: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(params)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

function copyOf<T extends Weight>(weight: T): T {
  if (weight instanceof tf.Tensor) return tf.clone(weight) as T;
  return { ...weight, data: weight.data.slice() };
}

function fault(part: TiePart, found: string): RangeError {
  return new RangeError(
    `electra-task: cannot tie "${part}": ${found}.\n` +
      `Give both models the same sizes there, or set tie.${part} to false.`,
  );
}
