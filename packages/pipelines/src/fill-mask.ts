// Fill-mask: the likeliest tokens at every [MASK] (Hugging Face's pipelines/fill_mask.py).
//
// Only masked positions go through the vocabulary head. Most requests want few tokens, which the graph picks itself;
// for targets and long lists it gives all probabilities.
//
// Shapes: B batch, K masks of a row, V vocabulary.

import * as tf from '@tensorflow/tfjs-core';
import { checkNames, checkWhole, InputError } from './input-error.js';
import { largest } from './largest.js';
import type { MaskedLM, ModelConfig } from './model.js';
import {
  encodeText,
  longestText,
  makePipeline,
  type Pipeline,
  type PipelineOptions,
} from './pipeline.js';
import type { RowOutput, RowOutputs } from './run-rows.js';
import type { Kind } from './shaped-programs.js';
import { targetIds } from './target-ids.js';
import type { Tokenizer } from './tokenizer.js';

export interface FillMaskOptions {
  /** How many tokens for a mask. Default 5. */
  readonly topK?: number;
  /** Only these tokens; a word that is not in the vocabulary counts as its first piece. Scores stay as they are. */
  readonly targets?: string | readonly string[];
  /** Cut texts that are too long, instead of refusing them. A mask is never cut off. Default false. */
  readonly truncation?: boolean;
}

/** One token for one mask, in Hugging Face's JSON. */
export interface FilledMask {
  /** Probability, of the whole vocabulary. */
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with the token in place; with several masks the others and the special tokens are in it. */
  readonly sequence: string;
}

/** Best first; with several masks one list for each, scored independently of the others. */
export type FillMaskAnswer = FilledMask[] | FilledMask[][];

export type FillMaskPipeline = Pipeline<string, FillMaskOptions, FillMaskAnswer>;

/** Tokens that the graph picks. */
const PICKED = 16;

/** @param options `model` may be any masked language model with `logitsAt` */
export function fillMask(options: PipelineOptions<MaskedLM>): Promise<FillMaskPipeline> {
  const { model, tokenizer, onWarning } = options;
  const maxTokens = longestText(options);
  const { maskToken } = tokenizer.config;
  const maskId = tokenizer.tokenToId(maskToken);
  if (maskId === undefined) {
    throw new RangeError(
      `pipelines: cannot fill masks: the vocabulary has no ${maskToken}.\n` +
        "Name the vocabulary's own mask token in the tokenizer's options.",
    );
  }
  const kinds = kindsOf(model);
  return makePipeline<string, FillMaskOptions, FillMaskAnswer>(options, {
    first: { kind: kinds.picked, positions: 1 },
    prepare: (text, given) => {
      const { topK, targets, truncation } = checked(given, model.config);
      const chosen = targets === undefined ? undefined : targetIds(tokenizer, targets, onWarning);
      const { ids, typeIds } = encodeText(tokenizer, text, maxTokens, { truncation });
      const positions = placesOf(ids, maskId);
      if (truncation) refuseCutMask(tokenizer, text, maskId, positions.length);
      if (positions.length === 0) throw noMask(maskToken);
      const kind = chosen || topK > PICKED ? kinds.all : kinds.picked;
      return {
        rows: [{ kind, ids, typeIds, positions }],
        answer: ([outputs]) => {
          const lists = positions.map((position, at) => {
            const best = bestTokens(outputs, at, topK, chosen);
            return best.map((each) =>
              filled(tokenizer, ids, position, each, positions.length === 1),
            );
          });
          return lists.length === 1 ? lists[0] : lists;
        },
      };
    },
  });
}

function kindsOf(model: MaskedLM): { readonly picked: Kind; readonly all: Kind } {
  const k = Math.min(PICKED, model.config.vocabSize);
  const probabilities = (...args: Parameters<Kind['step']>): tf.Tensor => {
    const [params, { positions, ...inputs }] = args;
    if (!positions) throw new Error('pipelines: fill-mask ran without positions.');
    return tf.softmax(model.logitsAt(params, inputs, positions));
  };
  return {
    picked: {
      name: 'picked',
      step: (...args) => {
        const { values, indices } = tf.topk(probabilities(...args), k);
        return { outputs: { values, indices } };
      },
    },
    all: {
      name: 'all',
      step: (...args) => ({ outputs: { probabilities: probabilities(...args) } }),
    },
  };
}

interface Scored {
  readonly token: number;
  readonly score: number;
}

/** @param at which of the row's masks */
function bestTokens(
  { values, indices, probabilities }: RowOutputs,
  at: number,
  topK: number,
  chosen: readonly number[] | undefined,
): Scored[] {
  const of = ({ data, shape: [, width] }: RowOutput) => data.subarray(at * width, (at + 1) * width);
  if (!probabilities) {
    const [scores, tokens] = [of(values), of(indices)];
    return Array.from(scores.subarray(0, topK), (score, place) => ({
      token: tokens[place],
      score,
    }));
  }
  const all = of(probabilities);
  const scores = chosen ? chosen.map((token) => all[token]) : all;
  return largest(scores, topK).map((place) => ({
    token: chosen ? chosen[place] : place,
    score: scores[place],
  }));
}

function filled(
  tokenizer: Tokenizer,
  ids: Int32Array,
  position: number,
  { token, score }: Scored,
  isOnly: boolean,
): FilledMask {
  if (Number.isNaN(score)) {
    throw new Error(
      'pipelines: the model gave no number as a probability (NaN).\nIts weights are damaged or overflow: load them again.',
    );
  }
  const padId = tokenizer.tokenToId(tokenizer.config.padToken);
  const sequence = ids.with(position, token).filter((id) => id !== padId);
  return {
    score,
    token,
    token_str: tokenizer.decode([token], { skipSpecialTokens: false }),
    sequence: tokenizer.decode(sequence, { skipSpecialTokens: isOnly }),
  };
}

function checked(options: FillMaskOptions, { vocabSize }: ModelConfig) {
  checkNames(options, ['topK', 'targets', 'truncation']);
  const { topK = 5, targets, truncation = false } = options;
  checkWhole('topK', topK, 1);
  if (topK > vocabSize && targets === undefined) {
    throw new InputError(
      'bad-option',
      `cannot use \`topK\`: found ${topK}, expected at most ${vocabSize}, the size of the vocabulary.\nAsk for fewer tokens.`,
    );
  }
  return { topK, targets, truncation };
}

function placesOf(ids: Int32Array, id: number): number[] {
  const places: number[] = [];
  for (let place = ids.indexOf(id); place >= 0; place = ids.indexOf(id, place + 1)) {
    places.push(place);
  }
  return places;
}

function noMask(maskToken: string): InputError {
  return new InputError(
    'no-mask',
    `cannot fill masks: No mask_token (${maskToken}) found on the input.\nWrite ${maskToken} where a word is missing.`,
  );
}

function refuseCutMask(tokenizer: Tokenizer, text: string, maskId: number, kept: number): void {
  const all = placesOf(tokenizer.encode(text).ids, maskId).length;
  if (all === kept) return;
  throw new InputError(
    'too-long',
    `the text is too long: found ${all} masks, of which ${all - kept} would be cut off.\n` +
      'Shorten the text before them.',
  );
}
