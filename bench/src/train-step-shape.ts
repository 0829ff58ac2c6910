// The sizes of the measured train step, and the arithmetic in it.

export interface Width {
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
}

/** Sizes of a batch and of both models. */
export interface TrainStepShape {
  readonly batch: number;
  readonly length: number;
  readonly slots: number;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly layers: number;
  readonly discriminator: Width;
  readonly generator: Width;
}

/** ALECTRA-small's discriminator with the quarter-width generator of ELECTRA-small. */
export const TRAIN_STEP: TrainStepShape = {
  batch: 8,
  length: 128,
  slots: 19,
  vocabulary: 30522,
  embedding: 128,
  layers: 12,
  discriminator: { hidden: 256, heads: 4, intermediate: 1024 },
  generator: { hidden: 64, heads: 1, intermediate: 256 },
};

/** The same step in miniature, for comparisons with what is slow. */
export const SMALL_STEP: TrainStepShape = {
  batch: 2,
  length: 24,
  slots: 4,
  vocabulary: 300,
  embedding: 16,
  layers: 2,
  discriminator: { hidden: 32, heads: 2, intermediate: 64 },
  generator: { hidden: 16, heads: 1, intermediate: 32 },
};

/** A small step with arrays of 131,072 elements and more: engine tensorflow has XLA compile what works on those. */
export const WIDE_STEP: TrainStepShape = {
  batch: 8,
  length: 64,
  slots: 10,
  vocabulary: 2048,
  embedding: 64,
  layers: 2,
  discriminator: { hidden: 32, heads: 2, intermediate: 256 },
  generator: { hidden: 16, heads: 1, intermediate: 64 },
};

/**
 * Floating-point operations of one step in matrix products, in units of 1e9: two a multiply-add, the
 * backward pass counted as twice the forward pass. Element-wise work is left out.
 */
export function trainStepGigaflop(): number {
  const { batch, length, slots, vocabulary, embedding, discriminator, generator } = TRAIN_STEP;
  const tokens = batch * length;
  const encoders = encoderFlop(discriminator) + encoderFlop(generator);
  const head = 2 * (generator.hidden * embedding + embedding * vocabulary);
  return (3 * (tokens * encoders + batch * slots * head)) / 1e9;
}

/** Forward operations a token. */
function encoderFlop({ hidden, intermediate }: Width): number {
  const { embedding, layers, length } = TRAIN_STEP;
  const products = 2 * (4 * hidden * hidden + 2 * hidden * intermediate);
  const attention = 4 * length * hidden;
  return 2 * embedding * hidden + layers * (products + attention);
}
