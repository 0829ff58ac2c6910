// Pairs in both orders: twice the training examples for tasks whose sentences are interchangeable.
//
// ELECTRA's `double_unordered`, on by default for MRPC and STS-B (finetune/classification/classification_tasks.py).

import type { LabelledText } from './encode-examples.js';

/**
 * All examples, then all of them with their texts exchanged.
 *
 * @throws RangeError for an example without a second text
 */
export function withSwappedPairs<T extends LabelledText>(examples: readonly T[]): T[] {
  const swapped = examples.map((example) => {
    const { index, text, textPair } = example;
    if (textPair === undefined)
      throw new RangeError(
        `glue: cannot swap the texts of example ${index}: found one text, expected a pair.\n` +
          'Augment tasks on pairs of sentences only: MRPC and STS-B.',
      );
    return { ...example, text: textPair, textPair: text };
  });
  return [...examples, ...swapped];
}
