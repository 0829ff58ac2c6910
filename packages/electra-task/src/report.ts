// From sums to figures, each beside the figure of a model that has learned nothing (host side).

import { METRIC_NAMES, type MetricName } from './metrics.js';

export type MetricSums = Readonly<Partial<Record<MetricName, number>>>;

export interface GeneratorReport {
  /** Mean cross-entropy over live slots, in nats. */
  readonly loss: number;
  /** Share of slots where the first choice is right. */
  readonly accuracy: number | undefined;
  /** Share of slots where the sampled token is right; Google's sampled_masked_lm_accuracy. */
  readonly sampledAccuracy: number | undefined;
  /** ln V: the loss of a uniform guess. */
  readonly uniformLoss: number;
  /** Share of tokens that become targets. */
  readonly maskedShare: number | undefined;
}

export interface DiscriminatorReport {
  /** Mean cross-entropy over tokens, the training average, in nats. */
  readonly loss: number;
  /** Mean over rows of the row's mean: Google's disc_loss. */
  readonly exampleLoss: number;
  readonly accuracy: number;
  /** Share of tokens called replaced that are; not a number if none is called so. */
  readonly precision: number;
  /** Share of replaced tokens that are called so; not a number if none is replaced. */
  readonly recall: number;
  /** Share of tokens labelled "replaced". */
  readonly replacedShare: number;
  /** Accuracy of always answering with the commoner label. */
  readonly majorityAccuracy: number;
  /** Loss of always answering with the share of replaced tokens: the entropy of the labels, in nats. */
  readonly constantLoss: number;
}

/** `a + b`, entry by entry. */
export function addSums(a: MetricSums, b: MetricSums): MetricSums {
  const sum: Partial<Record<MetricName, number>> = {};
  for (const name of METRIC_NAMES) {
    const parts = [a[name], b[name]].filter((x) => x !== undefined);
    if (parts.length > 0) sum[name] = parts.reduce((x, y) => x + y, 0);
  }
  return sum;
}

/** Figures of the generator, or undefined if the sums have none. */
export function generatorReport(sums: MetricSums, vocabSize: number): GeneratorReport | undefined {
  const { slots, generatorLoss, generatorCorrect, sampledCorrect, tokens } = sums;
  if (slots === undefined || generatorLoss === undefined) return undefined;
  const share = (part: number | undefined, of: number): number | undefined =>
    part === undefined ? undefined : part / of;
  return {
    loss: generatorLoss / slots,
    accuracy: share(generatorCorrect, slots),
    sampledAccuracy: share(sampledCorrect, slots),
    uniformLoss: Math.log(vocabSize),
    maskedShare: tokens === undefined ? undefined : slots / tokens,
  };
}

/** Figures of the discriminator, or undefined if the sums have none. */
export function discriminatorReport(sums: MetricSums): DiscriminatorReport | undefined {
  const { tokens, replaced, calledReplaced, truePositives } = sums;
  const { discriminatorLoss, discriminatorExampleLoss, examples } = sums;
  if (
    tokens === undefined ||
    replaced === undefined ||
    calledReplaced === undefined ||
    truePositives === undefined ||
    discriminatorLoss === undefined ||
    discriminatorExampleLoss === undefined ||
    examples === undefined
  )
    return undefined;
  const share = replaced / tokens;
  const wrong = replaced + calledReplaced - 2 * truePositives;
  return {
    loss: discriminatorLoss / tokens,
    exampleLoss: discriminatorExampleLoss / examples,
    accuracy: 1 - wrong / tokens,
    precision: truePositives / calledReplaced,
    recall: truePositives / replaced,
    replacedShare: share,
    majorityAccuracy: Math.max(share, 1 - share),
    constantLoss: binaryEntropy(share),
  };
}

/** Entropy of a coin that shows heads with probability `p`, in nats. */
export function binaryEntropy(p: number): number {
  const term = (q: number): number => (q > 0 ? -q * Math.log(q) : 0);
  return term(p) + term(1 - p);
}
