import { describe, expect, test } from '@jest/globals';
import { minimise, type Objective } from './lbfgs.js';

/** Rosenbrock's valley: its minimum, 0, is at (1, 1). */
const valley: Objective = ([x, y]) => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
});

describe('minimise', () => {
  test('goes down a bent valley to its end', () => {
    const [x, y] = minimise(valley, Float64Array.of(-1.2, 1), 100);
    expect(x).toBeCloseTo(1, 6);
    expect(y).toBeCloseTo(1, 6);
  });

  test('solves a badly scaled quadratic', () => {
    const scales = [1, 1e2, 1e4];
    const bowl: Objective = (theta) => ({
      value: theta.reduce((sum, t, i) => sum + (scales[i] / 2) * (t - i) ** 2, 0),
      gradient: theta.map((t, i) => scales[i] * (t - i)),
    });
    const found = minimise(bowl, Float64Array.of(5, -5, 5), 200);
    for (const [i, t] of found.entries()) expect(t).toBeCloseTo(i, 5);
  });

  test('stays where nothing goes down', () => {
    // a gradient that lies: every step is worse
    const up: Objective = ([x]) => ({ value: Math.abs(x), gradient: Float64Array.of(1) });
    expect([...minimise(up, Float64Array.of(0), 50)]).toEqual([0]);
  });

  test('takes no more iterations than it may', () => {
    let calls = 0;
    const counted: Objective = (theta) => {
      calls++;
      return valley(theta);
    };
    minimise(counted, Float64Array.of(-1.2, 1), 0);
    expect(calls).toBe(1);
  });
});
