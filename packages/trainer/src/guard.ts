// Which updates to refuse: a loss or gradient norm that is not finite, or far above the recent ones.
//
// A refused update leaves weights and optimizer as they were. The limits come from the last accepted
// steps (mean + sigmas standard deviations, as in OLMo's skip-step optimizer); refused and non-finite
// values never enter that window, else one NaN would make every later comparison false. One thing does: where the
// loss is as ever and the norm alone is too large, the limit itself enters in its place. Norms move to another level
// for good when a network begins to learn something new; so a spike is refused, a new level is let in after some
// steps. The state is plain JSON and part of a checkpoint, because the limits of a resumed run must be the same numbers.

export interface GuardOptions {
  /** Accepted steps that the statistics look back on. */
  readonly window: number;
  /** Fewer accepted steps than this: only non-finite values are refused. */
  readonly minimum: number;
  /** How many standard deviations above the mean is a spike. */
  readonly sigmas: number;
  /** This many refused steps in a row mean that the run has diverged. */
  readonly refusedInARow: number;
  /** A larger share than this of the last `window` steps refused means the same. */
  readonly refusedShare: number;
}

export const defaultGuard: GuardOptions = {
  window: 128,
  minimum: 64,
  sigmas: 6,
  refusedInARow: 20,
  refusedShare: 0.5,
};

export interface GuardState {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  /** The last `window` steps, 1 where refused. */
  readonly refusals: readonly number[];
  /** Refused steps since the run began. */
  readonly refused: number;
}

/** The largest values of a step that is applied; inside the graph NaN and infinity fail `<=` too. */
export interface Limits {
  readonly loss: number;
  readonly norm: number;
}

/** The largest float32: everything finite passes. */
export const NO_LIMIT = 3.4028234663852886e38;

export const emptyGuard: GuardState = { losses: [], norms: [], refusals: [], refused: 0 };

export function limits(state: GuardState, options: GuardOptions): Limits {
  if (state.losses.length < options.minimum) return { loss: NO_LIMIT, norm: NO_LIMIT };
  return { loss: limit(state.losses, options.sigmas), norm: limit(state.norms, options.sigmas) };
}

function limit(values: readonly number[], sigmas: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // a plateau has next to no spread; a hundredth of the mean keeps noise from looking like a spike
  return mean + sigmas * Math.max(Math.sqrt(variance), 0.01 * Math.abs(mean));
}

/** The state after a step with this loss and gradient norm. */
export function observe(
  state: GuardState,
  step: { readonly loss: number; readonly norm: number; readonly applied: boolean },
  options: GuardOptions,
): GuardState {
  const keep = (values: readonly number[], value: number): number[] =>
    [...values, value].slice(-options.window);
  const refusals = keep(state.refusals, step.applied ? 0 : 1);
  if (!step.applied) {
    const { loss, norm } = limits(state, options);
    const isNewLevel = step.loss <= loss && Number.isFinite(step.norm);
    const norms = isNewLevel ? keep(state.norms, Math.min(step.norm, norm)) : state.norms;
    return { ...state, norms, refusals, refused: state.refused + 1 };
  }
  return {
    losses: keep(state.losses, step.loss),
    norms: keep(state.norms, step.norm),
    refusals,
    refused: state.refused,
  };
}

/** Why the run should stop, or undefined while it is healthy. */
export function divergence(state: GuardState, options: GuardOptions): string | undefined {
  const { refusals } = state;
  const tail = refusals.slice(-options.refusedInARow);
  if (tail.length === options.refusedInARow && tail.every((refused) => refused === 1))
    return `the last ${options.refusedInARow} updates were refused`;
  const share = refusals.reduce((sum, refused) => sum + refused, 0) / options.window;
  if (refusals.length === options.window && share > options.refusedShare)
    return `${Math.round(100 * share)} % of the last ${options.window} updates were refused`;
  return undefined;
}
