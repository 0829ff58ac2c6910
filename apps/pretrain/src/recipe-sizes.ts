// Whether a recipe can fit into this machine's memory at all, told before anything is made.

import { totalmem } from 'node:os';
import type { Recipe } from './recipe.js';
import { UsageError } from './usage-error.js';

const FLOAT_BYTES = 4;
/** A weight, its gradient and two moments. */
const COPIES = 4;

/**
 * Bytes that a run takes at the least: all matrices with gradients and moments, tables shared, and what each layer
 * hands to the next in one micro-batch.
 */
export function leastBytes({ model, vocabulary, data, batch, ...networks }: Recipe): number {
  const { embeddingSize: E, maxPositionEmbeddings, typeVocabSize, family } = model;
  let weights = E * (vocabulary.size + maxPositionEmbeddings + typeVocabSize);
  let widths = 0;
  for (const network of [networks.generator, networks.discriminator]) {
    const { hiddenSize: H, intermediateSize: F, numHiddenLayers, numHiddenGroups } = network;
    const layers = family === 'albert' ? numHiddenGroups : numHiddenLayers;
    weights += E * H + layers * (4 * H * H + 2 * H * F);
    widths += numHiddenLayers * H;
  }
  const positions = batch.microSize * data.sequenceLength;
  return FLOAT_BYTES * (COPIES * weights + positions * widths);
}

/** @throws UsageError for a recipe that needs more than `memory` bytes */
export function checkSizes(recipe: Recipe, memory: number = totalmem()): void {
  const needed = leastBytes(recipe);
  if (needed <= memory) return;
  const gigabytes = (bytes: number): string =>
    (bytes / 1e9).toLocaleString('en-US', { maximumFractionDigits: 0 });
  throw new UsageError(
    `pretrain: the recipe cannot fit into memory: it needs ${gigabytes(needed)} GB at the least, ` +
      `found ${gigabytes(memory)} GB.\n` +
      'Make the networks, the vocabulary, batch.microSize or data.sequenceLength smaller.',
  );
}
