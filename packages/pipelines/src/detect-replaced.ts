// Replaced-token detection: how likely each token was put there by a generator (Clark et al. 2020,
// https://arxiv.org/abs/2003.10555). Python's pipelines have no such task; the answer is shaped like theirs.
//
// Shapes: B batch, S sequence.

import * as tf from '@tensorflow/tfjs-core';
import { checkNames } from './input-error.js';
import type { ReplacedTokenModel } from './model.js';
import {
  encodeText,
  longestText,
  makePipeline,
  type Pipeline,
  type PipelineOptions,
} from './pipeline.js';
import { finite, sigmoid } from './scores.js';
import type { Kind } from './shaped-programs.js';
import { type OffsetUnit, placesIn } from './text-places.js';

export interface DetectReplacedOptions {
  /** Cut texts that are too long, instead of refusing them. Default false. */
  readonly truncation?: boolean;
  /** What `start` and `end` count. Default 'utf16', as JavaScript's strings do. */
  readonly offsetUnit?: OffsetUnit;
}

/** One token of the text; special tokens that the tokenizer inserts are left out. */
export interface JudgedToken {
  /** The token as in the vocabulary. */
  readonly word: string;
  /** Probability that it was replaced. */
  readonly score: number;
  /** Its place in the sequence, [CLS] being 0. */
  readonly index: number;
  /** Where it starts and ends in the text. */
  readonly start: number;
  readonly end: number;
}

export type DetectReplacedPipeline = Pipeline<string, DetectReplacedOptions, JudgedToken[]>;

export function detectReplaced(
  options: PipelineOptions<ReplacedTokenModel>,
): Promise<DetectReplacedPipeline> {
  const { model, tokenizer } = options;
  const maxTokens = longestText(options);
  const kind: Kind = {
    name: 'replaced',
    step: (params, inputs) => ({
      outputs: { logits: oneLogit(model.tokenLogits(params, inputs)) },
    }),
  };
  return makePipeline<string, DetectReplacedOptions, JudgedToken[]>(options, {
    first: { kind, positions: 0 },
    prepare: (text, given) => {
      checkNames(given, ['truncation', 'offsetUnit']);
      const place = placesIn(text, given.offsetUnit);
      const encoding = encodeText(tokenizer, text, maxTokens, {
        truncation: given.truncation,
        offsets: true,
      });
      const { ids, typeIds } = encoding;
      return {
        rows: [{ kind, ids, typeIds, positions: [] }],
        answer: ([outputs]) => {
          const logits = finite(outputs.logits.data.subarray(0, ids.length));
          const { offsets, specialTokensMask } = encoding;
          const tokens: JudgedToken[] = [];
          for (const [index, id] of ids.entries()) {
            if (specialTokensMask[index]) continue;
            tokens.push({
              word: tokenizer.idToToken(id) ?? tokenizer.config.unkToken,
              score: sigmoid(logits[index]),
              index,
              start: place(offsets[2 * index]),
              end: place(offsets[2 * index + 1]),
            });
          }
          return tokens;
        },
      };
    },
  });
}

/** Of two labels the difference is what decides: the soft-max of two is the sigmoid of it. */
function oneLogit(logits: tf.Tensor2D | tf.Tensor3D): tf.Tensor2D {
  if (logits.rank === 2) return logits as tf.Tensor2D; // what rank 2 means
  const [original, replaced] = tf.split(logits, 2, 2);
  return tf.squeeze(tf.sub(replaced, original), [2]);
}
