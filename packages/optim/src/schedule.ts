// Learning rate by step. Three different curves are all called "linear warm-up and linear decay":
//
//   product     peak (1 - t/T) min(1, t/w)                  google-research/electra: the peak is never reached
//   piecewise   peak t/w, then peak (T - t)/(T - w)         Hugging Face, and so the 2020 ALECTRA run
//   jump        peak t/w while t < w, then peak (1 - t/T)   google-research/bert and albert: falls at t = w
//
// t is the number of optimizer steps taken before this one: all three give 0 for t = 0, as the originals do.

export type ScheduleShape = 'product' | 'piecewise' | 'jump' | 'constant';

export interface ScheduleOptions {
  readonly shape: ScheduleShape;
  readonly peakLearningRate: number;
  /** w. `constant` warms up too. 0 for none. */
  readonly warmupSteps: number;
  /** T, warm-up included. From there on the rate is 0, except for `constant`. */
  readonly totalSteps: number;
}

/**
 * Learning rate at step t = 0, 1, 2, … Host side: hand the number to the graph as a scalar tensor.
 *
 * @throws RangeError for a negative step, or one that is not a number
 */
export type Schedule = (step: number) => number;

/** @throws RangeError for an unknown shape, a peak that is not positive, or warm-up outside [0, totalSteps] */
export function schedule({
  shape,
  peakLearningRate: peak,
  warmupSteps: w,
  totalSteps: T,
}: ScheduleOptions): Schedule {
  if (!(peak > 0)) fault('the peak learning rate', peak, 'a positive number');
  if (!(Number.isInteger(T) && T > 0)) fault('the number of steps', T, 'a positive integer');
  if (!(Number.isInteger(w) && w >= 0 && w <= T))
    fault('the warm-up', w, `an integer from 0 to ${T}`);
  const warm = (t: number): number => (t < w ? t / w : 1);
  const left = (t: number): number => Math.max(0, 1 - t / T);
  const curves: Readonly<Record<ScheduleShape, Schedule>> = {
    product: (t) => left(t) * warm(t),
    piecewise: (t) => (t < w ? warm(t) : Math.max(0, (T - t) / Math.max(1, T - w))),
    jump: (t) => (t < w ? warm(t) : left(t)),
    constant: warm,
  };
  if (!Object.hasOwn(curves, shape)) fault('the shape', shape, Object.keys(curves).join(', '));
  const curve = curves[shape];
  return (t) => {
    if (!(t >= 0))
      throw new RangeError(
        `optim: no learning rate at step ${t}: expected a number from 0 on.\n` +
          'Pass the number of optimizer steps taken before this one.',
      );
    return peak * curve(t);
  };
}

function fault(what: string, found: unknown, expected: string): never {
  throw new RangeError(
    `optim: no schedule can be made: ${what} is ${found}, expected ${expected}.\n` +
      'Steps are optimizer steps, counted after gradient accumulation.',
  );
}
