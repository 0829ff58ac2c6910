// What a generator reaches that has learned nothing but how often each token occurs (host side).

import type { TaskTokens } from './models.js';

export interface UnigramBaseline {
  /** Id of the commonest token that may be masked. */
  readonly mostFrequentToken: number;
  /** Accuracy of always guessing it. */
  readonly accuracy: number;
  /** Loss of answering with the frequencies: their entropy, in nats. */
  readonly loss: number;
  /** Tokens counted. */
  readonly tokens: number;
}

/**
 * Adds the maskable tokens of `ids` to `counts`.
 *
 * @param counts one number per id of the vocabulary
 * @param attentionMask as long as `ids`; 0 for padding
 * @throws RangeError for an id outside the vocabulary, or a mask of another length
 */
export function countTokens(
  counts: Float64Array,
  ids: Int32Array,
  attentionMask: Int32Array,
  { neverMasked }: TaskTokens,
): void {
  if (attentionMask.length !== ids.length)
    fault(`${ids.length} ids with a mask of ${attentionMask.length}`, 'one of the same length');
  for (let i = 0; i < ids.length; i++) {
    if (attentionMask[i] === 0 || neverMasked.includes(ids[i])) continue;
    if (!(ids[i] in counts)) fault(`the id ${ids[i]}`, `one from 0 to ${counts.length - 1}`);
    counts[ids[i]]++;
  }
}

/** Figures of the unigram model on the very tokens that were counted. */
export function unigramBaseline(counts: Float64Array): UnigramBaseline {
  let tokens = 0;
  let best = 0;
  for (let id = 0; id < counts.length; id++) {
    tokens += counts[id];
    if (counts[id] > counts[best]) best = id;
  }
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / tokens) * Math.log(count / tokens);
  return { mostFrequentToken: best, accuracy: counts[best] / tokens, loss: entropy, tokens };
}

function fault(found: string, expected: string): never {
  throw new RangeError(
    `electra-task: tokens cannot be counted: found ${found}, expected ${expected}.\n` +
      'Give counts one entry for each id of the vocabulary, and ids and mask of one batch.',
  );
}
