// What a run knows besides tensors: the part of a checkpoint that is JSON.
//
// Open sums belong to it: a log line averages over the steps since the last one, and a checkpoint may fall
// between two lines.

import type { Json } from './config-difference.js';
import { emptyGuard, type GuardState } from './guard.js';
import type { StepOutcome } from './optimizer-step.js';
import type { BestCheckpoint } from './retention.js';

/** Sums over the accepted steps since the last log line. */
export interface Window {
  readonly steps: number;
  readonly loss: number;
  readonly norm: number;
  readonly sums: Readonly<Record<string, number>>;
}

export interface ProgressState {
  readonly config: Json;
  /** Position of the batch source. */
  readonly source: Json;
  readonly guard: GuardState;
  readonly window: Window;
  readonly best: BestCheckpoint | null;
  /** Token positions seen since the run began. */
  readonly tokens: number;
  /** Seconds in optimizer steps since the run began. */
  readonly seconds: number;
}

export const emptyWindow: Window = { steps: 0, loss: 0, norm: 0, sums: {} };

export function freshState(config: Json, source: Json): ProgressState {
  const start = { guard: emptyGuard, window: emptyWindow, best: null, tokens: 0, seconds: 0 };
  return { config, source, ...start };
}

/** The window with one more step in it; a refused step leaves it alone. */
export function addStep(window: Window, result: StepOutcome): Window {
  if (!result.applied) return window;
  const sums = { ...window.sums };
  for (const [name, sum] of Object.entries(result.sums)) sums[name] = (sums[name] ?? 0) + sum;
  return {
    steps: window.steps + 1,
    loss: window.loss + result.loss,
    norm: window.norm + result.norm,
    sums,
  };
}

/** Mean loss and gradient norm, and what the task makes of the sums; NaN for an empty window. */
export function windowMetrics(
  { steps, loss, norm, sums }: Window,
  summarise: (sums: Readonly<Record<string, number>>) => Readonly<Record<string, number>>,
): Record<string, number> {
  return { loss: loss / steps, ...summarise(sums), gradientNorm: norm / steps };
}
