// The contract of an example builder, and the counters that say what it did with every token.
//
// A builder sees one document at a time and keeps nothing from one to the next: documents can be built on any
// thread in any order, and the examples of a document never depend on its neighbours.

import { buildCarry } from './build-carry.js';
import { buildElectra } from './build-electra.js';
import { buildLmtuners } from './build-lmtuners.js';
import type { Draws } from './draws.js';
import type { Sentences } from './encoder.js';
import type { ExampleSink } from './example-columns.js';
import type { Splitter } from './sentences.js';

export type BuilderName = 'carry' | 'electra' | 'lmtuners';

/** What became of one document's tokens. tokens = placed + cut + tail. */
export interface BuildCounts {
  /** Sentences (or lines) with at least one token, and their tokens. */
  sentences: number;
  tokens: number;
  /** Tokens that stand in examples, special tokens not counted. */
  placed: number;
  /** Tokens dropped because a segment was full. */
  cut: number;
  /** Tokens dropped because too few were left at the document's end. */
  tail: number;
  /** Examples without a segment B. */
  single: number;
}

export const COUNT_NAMES = ['sentences', 'tokens', 'placed', 'cut', 'tail', 'single'] as const;

export interface BuildInput {
  /** What SPLITTERS makes of the document, encoded; blank ones have no tokens. Valid during the call. */
  readonly sentences: Sentences;
  readonly draws: Draws;
  readonly sink: ExampleSink;
  readonly counts: BuildCounts;
}

/** Cuts one document into examples, appended to the sink. */
export type Builder = (input: BuildInput) => void;

export const BUILDERS: Readonly<Record<BuilderName, Builder>> = {
  carry: buildCarry,
  electra: buildElectra,
  lmtuners: buildLmtuners,
};

/** The pieces of a text that a builder sees: sentences by rule, or lines. */
export const SPLITTERS: Readonly<Record<BuilderName, Splitter>> = {
  carry: 'sentencesToLines',
  electra: 'linesToLines',
  lmtuners: 'linesToLines',
};

export function noCounts(): BuildCounts {
  return { sentences: 0, tokens: 0, placed: 0, cut: 0, tail: 0, single: 0 };
}
