// The sizes of the measured train step, and the arithmetic in it.

/** ALECTRA-small's discriminator with the quarter-width generator of ELECTRA-small. */
export const TRAIN_STEP = {
  batch: 8,
  length: 128,
  slots: 19,
  vocabulary: 30522,
  embedding: 128,
  layers: 12,
  discriminator: { hidden: 256, heads: 4, intermediate: 1024 },
  generator: { hidden: 64, heads: 1, intermediate: 256 },
} as const;

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
function encoderFlop({ hidden, intermediate }: { hidden: number; intermediate: number }): number {
  const { embedding, layers, length } = TRAIN_STEP;
  const products = 2 * (4 * hidden * hidden + 2 * hidden * intermediate);
  const attention = 4 * length * hidden;
  return 2 * embedding * hidden + layers * (products + attention);
}
