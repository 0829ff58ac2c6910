// Labelled tokens to entities: the aggregation strategies of Hugging Face's pipelines/token_classification.py.

import type { Tokenizer } from './tokenizer.js';

export type AggregationStrategy = 'none' | 'simple' | 'first' | 'average' | 'max';

/** One token with the probabilities of all labels. */
export interface ScoredToken {
  readonly word: string;
  readonly scores: Float32Array;
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** Whether it continues the word before it. */
  readonly isSubword: boolean;
}

/** A token or word with its label. */
export interface LabelledSpan {
  readonly entity: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export interface EntityGroup extends Omit<LabelledSpan, 'entity'> {
  /** The label without B- or I-. */
  readonly entity_group: string;
}

export interface Vocabulary {
  readonly labels: readonly string[];
  readonly tokenizer: Pick<Tokenizer, 'convertTokensToString'>;
}

/** Entities of one window, for any strategy but `none`. */
export function groupEntities(
  tokens: readonly ScoredToken[],
  strategy: Exclude<AggregationStrategy, 'none'>,
  vocabulary: Vocabulary,
): EntityGroup[] {
  const spans =
    strategy === 'simple'
      ? tokens.map((token) => ({ ...token, ...labelled(token.scores, vocabulary.labels) }))
      : wordsOf(tokens).map((word) => labelWord(word, strategy, vocabulary));
  return groupsOf(spans, ({ entity }, last) => {
    const { isBegin, tag } = tagOf(entity);
    return !isBegin && tag === tagOf(last.entity).tag;
  }).map((group) => joinSpans(group, vocabulary));
}

/** The likeliest label. */
export function labelled(
  scores: Float32Array,
  labels: readonly string[],
): { readonly entity: string; readonly score: number } {
  let best = 0;
  for (let label = 1; label < scores.length; label++)
    if (scores[label] > scores[best]) best = label;
  return { entity: labels[best], score: scores[best] };
}

/**
 * Of overlapping windows, each entity once: the longer one, or of two as long the likelier.
 *
 * Entities are compared with the one before, in the order of their starts.
 */
export function withoutOverlaps(entities: readonly EntityGroup[]): EntityGroup[] {
  const sorted = [...entities].sort((a, b) => a.start - b.start);
  const kept: EntityGroup[] = [];
  for (const entity of sorted) {
    const last = kept.at(-1);
    if (!last || entity.start >= last.end) {
      kept.push(entity);
      continue;
    }
    const longer = entity.end - entity.start - (last.end - last.start);
    if (longer > 0 || (longer === 0 && entity.score > last.score)) kept[kept.length - 1] = entity;
  }
  return kept;
}

/** Neighbours for which `joins` holds, together. */
function groupsOf<T>(items: readonly T[], joins: (item: T, last: T) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (group && joins(item, group[group.length - 1])) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

const wordsOf = (tokens: readonly ScoredToken[]): ScoredToken[][] =>
  groupsOf(tokens, ({ isSubword }) => isSubword);

/** One label for a whole word. */
function labelWord(
  tokens: readonly ScoredToken[],
  strategy: 'first' | 'average' | 'max',
  { labels, tokenizer }: Vocabulary,
): LabelledSpan {
  return {
    ...labelled(wordScores(tokens, strategy), labels),
    word: tokenizer.convertTokensToString(tokens.map(({ word }) => word)),
    start: tokens[0].start,
    end: tokens[tokens.length - 1].end,
  };
}

function wordScores(
  tokens: readonly ScoredToken[],
  strategy: 'first' | 'average' | 'max',
): Float32Array {
  const [{ scores: first }] = tokens;
  if (strategy === 'first') return first;
  if (strategy === 'average') {
    return first.map((_, label) => mean(tokens.map(({ scores }) => scores[label])));
  }
  const tops = tokens.map(({ scores }) => Math.max(...scores));
  return tokens[tops.indexOf(Math.max(...tops))].scores;
}

function joinSpans(spans: readonly LabelledSpan[], { tokenizer }: Vocabulary): EntityGroup {
  const [{ entity, start }] = spans;
  return {
    // "B-PER" → "PER"; a label without a dash stays, one with several loses its first part
    entity_group: entity.slice(entity.indexOf('-') + 1),
    score: mean(spans.map(({ score }) => score)),
    word: tokenizer.convertTokensToString(spans.map(({ word }) => word)),
    start,
    end: spans[spans.length - 1].end,
  };
}

/** Labels that do not say B- or I- continue. */
function tagOf(entity: string): { readonly isBegin: boolean; readonly tag: string } {
  const isMarked = entity.startsWith('B-') || entity.startsWith('I-');
  return { isBegin: entity.startsWith('B-'), tag: isMarked ? entity.slice(2) : entity };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
