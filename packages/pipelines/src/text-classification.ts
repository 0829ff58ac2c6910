// Text classification: labels with scores for whole texts or pairs (Hugging Face's pipelines/text_classification.py).
//
// Shapes: B batch, L labels.

import { checkNames, checkOneOf, checkWhole } from './input-error.js';
import { labelsOf, type ModelConfig, type Network, type SequenceLogits } from './model.js';
import {
  encodeText,
  longestText,
  makePipeline,
  type Pipeline,
  type PipelineOptions,
  type TextAndPair,
  textAndPair,
} from './pipeline.js';
import { finite, sigmoid, softmax } from './scores.js';
import type { Kind } from './shaped-programs.js';

export interface TextClassificationOptions {
  /** How many labels, best first; null for all. Default 1. */
  readonly topK?: number | null;
  /** Default: none for a regression, sigmoid for one label or several at once, softmax otherwise. */
  readonly functionToApply?: ScoreFunction;
  /** Cut texts that are too long, instead of refusing them. Default false. */
  readonly truncation?: boolean;
}

export type ScoreFunction = 'sigmoid' | 'softmax' | 'none';

/** One label, in Hugging Face's JSON. */
export interface ScoredLabel {
  readonly label: string;
  readonly score: number;
}

export type TextClassificationPipeline = Pipeline<
  string | TextAndPair,
  TextClassificationOptions,
  ScoredLabel[]
>;

/** Answers are lists of labels, also of one. */
export function textClassification<Config extends ModelConfig>(
  options: PipelineOptions<Network<Config, SequenceLogits>>,
): Promise<TextClassificationPipeline> {
  const { model, tokenizer } = options;
  const maxTokens = longestText(options);
  const kind: Kind = {
    name: 'logits',
    step: (params, inputs) => ({
      outputs: { logits: model.forward(params, model.config, inputs).logits },
    }),
  };
  return makePipeline<string | TextAndPair, TextClassificationOptions, ScoredLabel[]>(options, {
    first: { kind, positions: 0 },
    takesPairs: true,
    prepare: (input, given) => {
      const { topK, functionToApply, truncation } = checked(given);
      const { text, pair } = textAndPair(input);
      const { ids, typeIds } = encodeText(tokenizer, text, maxTokens, { pair, truncation });
      return {
        rows: [{ kind, ids, typeIds, positions: [] }],
        answer: ([outputs]) => {
          const logits = outputs.logits.data;
          const scores = scoresOf(finite(logits), functionToApply ?? usual(model.config, logits));
          const labels = labelsOf(model.config, scores.length);
          const scored = labels.map((label, at) => ({ label, score: scores[at] }));
          scored.sort((a, b) => b.score - a.score);
          return topK === null ? scored : scored.slice(0, topK);
        },
      };
    },
  });
}

function checked(options: TextClassificationOptions) {
  checkNames(options, ['topK', 'functionToApply', 'truncation']);
  const { topK = 1, functionToApply, truncation = false } = options;
  if (topK !== null) checkWhole('topK', topK, 1);
  if (functionToApply !== undefined) {
    checkOneOf('functionToApply', functionToApply, ['sigmoid', 'softmax', 'none']);
  }
  return { topK, functionToApply, truncation };
}

function usual({ problemType }: ModelConfig, { length }: ArrayLike<number>): ScoreFunction {
  if (problemType === 'regression') return 'none';
  return problemType === 'multi_label_classification' || length === 1 ? 'sigmoid' : 'softmax';
}

function scoresOf(logits: Float32Array | Int32Array, kind: ScoreFunction): ArrayLike<number> {
  if (kind === 'none') return logits;
  return kind === 'softmax' ? softmax(logits) : Float32Array.from(logits, sigmoid);
}
