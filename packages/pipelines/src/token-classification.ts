// Token classification: labels of tokens, or entities (Hugging Face's pipelines/token_classification.py).
//
// Shapes: B batch, S sequence, L labels.

import {
  type AggregationStrategy,
  type EntityGroup,
  groupEntities,
  type LabelledSpan,
  labelled,
  type ScoredToken,
  withoutOverlaps,
} from './group-entities.js';
import { checkNames, checkOneOf, checkWhole, InputError } from './input-error.js';
import { labelsOf, type ModelConfig, type Network, type TokenLogits } from './model.js';
import { longestText, makePipeline, type Pipeline, type PipelineOptions } from './pipeline.js';
import type { RowOutput } from './run-rows.js';
import { finite, softmax } from './scores.js';
import type { Kind } from './shaped-programs.js';
import { type OffsetUnit, placesIn } from './text-places.js';
import type { Encoding, Tokenizer } from './tokenizer.js';

export interface TokenClassificationOptions {
  /** How tokens become entities. Default 'none': every token by itself. */
  readonly aggregationStrategy?: AggregationStrategy;
  /** Labels that are left out of the answer. Default ['O']. */
  readonly ignoreLabels?: readonly string[];
  /** Reads long texts whole, in windows that share this many tokens; only with an aggregation strategy. */
  readonly stride?: number;
  /** What `start` and `end` count. Default 'utf16', as JavaScript's strings do. */
  readonly offsetUnit?: OffsetUnit;
}

/** One token, in Hugging Face's JSON. */
export interface LabelledToken extends LabelledSpan {
  /** Its place in the sequence, [CLS] being 0. */
  readonly index: number;
}

/** Without aggregation tokens, with aggregation entities. */
export type TokenClassificationAnswer = LabelledToken[] | EntityGroup[];

export type TokenClassificationPipeline = Pipeline<
  string,
  TokenClassificationOptions,
  TokenClassificationAnswer
>;

/** Texts that are too long are cut, as Python does, unless `stride` is given. */
export function tokenClassification<Config extends ModelConfig>(
  options: PipelineOptions<Network<Config, TokenLogits>>,
): Promise<TokenClassificationPipeline> {
  const { model, tokenizer } = options;
  const maxTokens = longestText(options);
  const kind: Kind = {
    name: 'logits',
    step: (params, inputs) => ({
      outputs: { logits: model.forward(params, model.config, inputs).logits },
    }),
  };
  return makePipeline<string, TokenClassificationOptions, TokenClassificationAnswer>(options, {
    first: { kind, positions: 0 },
    prepare: (text, given) => {
      const { strategy, ignored, stride } = checked(given, maxTokens);
      const place = placesIn(text, given.offsetUnit);
      const encoding = tokenizer.encode(text, {
        truncation: true,
        maxLength: maxTokens,
        offsets: true,
        ...(stride !== undefined && { stride, returnOverflowing: true }),
      });
      const placed = <T extends LabelledToken | EntityGroup>(item: T): T => ({
        ...item,
        start: place(item.start),
        end: place(item.end),
      });
      const windows = [encoding, ...encoding.overflowing];
      return {
        rows: windows.map(({ ids, typeIds }) => ({ kind, ids, typeIds, positions: [] })),
        answer: (outputs) => {
          const scored = windows.map((window, at) =>
            scoredTokens(tokenizer, text, window, outputs[at].logits),
          );
          const labels = labelsOf(model.config, scored[0]?.[0]?.scores.length ?? 0);
          if (strategy === 'none') {
            const tokens = scored[0].map(toLabelled(labels));
            return tokens.filter(({ entity }) => !ignored.has(entity)).map(placed);
          }
          const entities = scored
            .flatMap((tokens) => groupEntities(tokens, strategy, { labels, tokenizer }))
            .filter(({ entity_group }) => !ignored.has(entity_group));
          return (windows.length > 1 ? withoutOverlaps(entities) : entities).map(placed);
        },
      };
    },
  });
}

function checked(options: TokenClassificationOptions, maxTokens: number) {
  checkNames(options, ['aggregationStrategy', 'ignoreLabels', 'stride', 'offsetUnit']);
  const { aggregationStrategy: strategy = 'none', ignoreLabels = ['O'], stride } = options;
  checkOneOf('aggregationStrategy', strategy, ['none', 'simple', 'first', 'average', 'max']);
  if (stride !== undefined) {
    checkWhole('stride', stride, 0);
    if (strategy === 'none' || stride >= maxTokens - 2) {
      throw new InputError(
        'bad-option',
        `cannot use \`stride\`: found ${stride} with aggregationStrategy ${strategy}, expected less than ` +
          `${maxTokens - 2} with another strategy than none.\nCorrect the options.`,
      );
    }
  }
  return { strategy, ignored: new Set(ignoreLabels), stride };
}

const toLabelled =
  (labels: readonly string[]) =>
  ({ scores, index, word, start, end }: ScoredToken): LabelledToken => ({
    ...labelled(scores, labels),
    index,
    word,
    start,
    end,
  });

/** The tokens of a window that stand for text. */
function scoredTokens(
  tokenizer: Tokenizer,
  text: string,
  { ids, offsets, specialTokensMask }: Encoding,
  { data, shape: [, width] }: RowOutput,
): ScoredToken[] {
  const { unkToken } = tokenizer.config;
  const unknown = tokenizer.tokenToId(unkToken);
  const tokens: ScoredToken[] = [];
  for (const [index, id] of ids.entries()) {
    if (specialTokensMask[index]) continue;
    const [start, end] = offsets.subarray(2 * index);
    const piece = tokenizer.idToToken(id) ?? unkToken;
    const source = text.slice(start, end);
    const isUnknown = id === unknown;
    tokens.push({
      word: isUnknown ? source : piece,
      scores: softmax(finite(data.subarray(index * width, (index + 1) * width))),
      index,
      start,
      end,
      // Python's criterion: a piece that is longer or shorter than its text, counted in code points
      isSubword: !isUnknown && codePoints(piece) !== codePoints(source),
    });
  }
  return tokens;
}

const codePoints = (text: string): number => [...text].length;
