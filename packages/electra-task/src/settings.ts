// The switches of replaced-token detection, as plain data that a recipe can hold.
//
// Defaults are ELECTRA's (Clark et al. 2020, https://arxiv.org/abs/2003.10555) but for masked positions, which are
// drawn without replacement: google-research/electra draws with replacement and mixes up ids where positions
// coincide (its issue #41).

import { TIE_PARTS, type TieMode, type Tying } from './tying.js';

/**
 * How masked positions are chosen.
 *
 * - `fixedK`: round(probability x tokens) of a row's candidates, without replacement
 * - `bernoulli`: each candidate on its own; what does not fit into the slots is left unmasked, at random
 * - `google-with-replacement`: as google-research/electra, double positions included; for parity tests
 */
export type MaskSelection = 'fixedK' | 'bernoulli' | 'google-with-replacement';

/**
 * What is learned.
 *
 * - `electra`: the discriminator tells replaced tokens from original ones
 * - `electric`: both models give probabilities of tokens: the generator is trained as a cloze model on every maskable
 *   token of the unmasked text, the labels say where something was written even if it was the truth, and the
 *   discriminator's logit is added to ln q(token) + ln(p / (1 - p)), p the mask probability
 */
export type Objective = 'electra' | 'electric';

export interface ElectraSettings {
  readonly objective: Objective;
  readonly maskSelection: MaskSelection;
  /** Share of a row's tokens, [CLS] and [SEP] counted, that become prediction targets. */
  readonly maskProbability: number;
  /** K, slots per row, at most its length; by default `defaultSlots`. */
  readonly maskSlots?: number;
  /** Chance that a chosen position shows [MASK]; otherwise it keeps its token and still is a target. */
  readonly maskTokenProbability: number;
  /** Divides the generator's logits before sampling. */
  readonly temperature: number;
  /** Never sample the true token: every live slot becomes a fake. */
  readonly disallowCorrect: boolean;
  /** No generator: fakes are uniform over the vocabulary, the generator loss is the constant ln V. */
  readonly uniformGenerator: boolean;
  /** Weight of the generator's loss. */
  readonly generatorWeight: number;
  /** λ, weight of the discriminator's loss. */
  readonly discriminatorWeight: number;
  readonly tie: Tying;
}

export const DEFAULT_SETTINGS: ElectraSettings = {
  objective: 'electra',
  maskSelection: 'fixedK',
  maskProbability: 0.15,
  maskTokenProbability: 0.85,
  temperature: 1,
  disallowCorrect: false,
  uniformGenerator: false,
  generatorWeight: 1,
  discriminatorWeight: 50,
  tie: {
    mode: 'share',
    word: true,
    position: true,
    segment: true,
    norm: true,
    projection: false,
    encoder: false,
  },
};

/**
 * Slots per row of `length` tokens: Google's floor((p + 0.005) S), 19 for 128 tokens; for `bernoulli` the mean and
 * three standard deviations, 32 for 128 tokens, of which one full row in 1,300 would want more.
 */
export function defaultSlots(
  { maskSelection, maskProbability: p }: ElectraSettings,
  length: number,
): number {
  const slots =
    maskSelection === 'bernoulli'
      ? Math.ceil(p * length + 3 * Math.sqrt(p * (1 - p) * length))
      : Math.floor((p + 0.005) * length);
  return Math.max(1, Math.min(length, slots));
}

/**
 * `settings` with the defaults filled in.
 *
 * @throws RangeError for a value that cannot be, or a key that does not exist
 */
export function completeSettings(settings: Partial<ElectraSettings>): ElectraSettings {
  const full = { ...DEFAULT_SETTINGS, ...settings };
  for (const key of Object.keys(settings)) {
    if (!(key in DEFAULT_SETTINGS) && key !== 'maskSlots') fault(key, 'unknown', 'a known setting');
  }
  const selections = ['fixedK', 'bernoulli', 'google-with-replacement'];
  if (!selections.includes(full.maskSelection))
    fault('maskSelection', full.maskSelection, selections.join(', '));
  if (full.objective !== 'electra' && full.objective !== 'electric')
    fault('objective', full.objective, '"electra" or "electric"');
  if (full.objective === 'electric' && full.uniformGenerator)
    fault('uniformGenerator', true, 'false with the objective "electric"');
  if (!(full.maskProbability > 0 && full.maskProbability < 1))
    fault('maskProbability', full.maskProbability, 'above 0 and below 1');
  if (!(full.maskTokenProbability >= 0 && full.maskTokenProbability <= 1))
    fault('maskTokenProbability', full.maskTokenProbability, 'from 0 to 1');
  if (full.maskSlots !== undefined && !(Number.isInteger(full.maskSlots) && full.maskSlots > 0))
    fault('maskSlots', full.maskSlots, 'a positive integer');
  if (!(full.temperature > 0)) fault('temperature', full.temperature, 'above 0');
  for (const key of ['generatorWeight', 'discriminatorWeight'] as const) {
    if (!(full[key] >= 0 && Number.isFinite(full[key]))) fault(key, full[key], 'at least 0');
  }
  for (const key of ['disallowCorrect', 'uniformGenerator'] as const) {
    if (typeof full[key] !== 'boolean') fault(key, full[key], 'true or false');
  }
  checkTying(full.tie);
  return full;
}

/** A part that is left out or misspelt would be untied in silence. */
function checkTying(tie: Tying): void {
  const modes: readonly unknown[] = ['share', 'copyAtInit'] satisfies TieMode[];
  if (!modes.includes(tie.mode)) fault('tie.mode', tie.mode, '"share" or "copyAtInit"');
  for (const key of Object.keys(tie)) {
    if (key !== 'mode' && !TIE_PARTS.some((part) => part === key))
      fault(`tie.${key}`, 'unknown', `one of mode, ${TIE_PARTS.join(', ')}`);
  }
  for (const part of TIE_PARTS) {
    if (typeof tie[part] !== 'boolean' && !modes.includes(tie[part]))
      fault(`tie.${part}`, tie[part], 'true, false, "share" or "copyAtInit"');
  }
}

function fault(key: string, found: unknown, expected: string): never {
  throw new RangeError(
    `electra-task: the setting "${key}" is ${found}, expected ${expected}.\n` +
      'See ElectraSettings, or start from a preset.',
  );
}
