import { describe, expect, test } from '@jest/globals';
import type { GuardState } from './guard.js';
import { defaultGuard, divergence, emptyGuard, limits, NO_LIMIT, observe } from './guard.js';

const options = { ...defaultGuard, window: 8, minimum: 4, refusedInARow: 3 };

function after(steps: readonly [loss: number, applied: boolean][]): GuardState {
  return steps.reduce(
    (state, [loss, applied]) => observe(state, { loss, norm: 1, applied }, options),
    emptyGuard,
  );
}

describe('the guard', () => {
  test('S6: accepts everything finite before it has statistics', () => {
    const state = after([1, 2, 3].map((loss) => [loss, true]));
    expect(limits(state, options)).toEqual({ loss: NO_LIMIT, norm: NO_LIMIT });
  });

  test('S5: sets the limit at mean plus six standard deviations', () => {
    const state = after([1, 3, 1, 3].map((loss) => [loss, true]));
    expect(limits(state, options).loss).toBe(2 + 6 * 1);
  });

  test('does not call the noise of a plateau a spike', () => {
    const state = after([1, 1, 1, 1].map((loss) => [loss, true]));
    expect(limits(state, options).loss).toBeCloseTo(1.06, 12);
  });

  test('S5: keeps refused values out of its window, NaN above all', () => {
    const good: [number, boolean][] = [1, 3, 1, 3].map((loss) => [loss, true]);
    const state = after([...good, [Number.NaN, false], [900, false]]);
    expect(limits(state, options)).toEqual(limits(after(good), options));
    expect(state.refused).toBe(2);
  });

  test('refuses a spike of the norm, and lets a new level in', () => {
    let state = emptyGuard;
    const step = (norm: number, loss = 2): boolean => {
      const bounds = limits(state, options);
      const applied = loss <= bounds.loss && norm <= bounds.norm;
      state = observe(state, { loss, norm, applied }, options);
      return applied;
    };
    for (const norm of [4, 6, 4, 6]) step(norm); // mean 5, deviation 1: the limit is 11
    expect(step(30)).toBe(false);
    expect(step(5)).toBe(true);
    expect([30, 30, 30].map((norm) => step(norm))).toContain(true);
    const before = limits(state, options);
    expect([step(90, 900), step(Number.POSITIVE_INFINITY)]).toEqual([false, false]);
    expect(limits(state, options)).toEqual(before);
  });

  test('forgets what is older than the window', () => {
    const state = after([100, 1, 3, 1, 3, 1, 3, 1, 3].map((loss) => [loss, true]));
    expect(state.losses).toEqual([1, 3, 1, 3, 1, 3, 1, 3]);
  });

  test('survives JSON unchanged', () => {
    const state = after([0.1, 1 / 3, 2e-17, 5].map((loss) => [loss, true]));
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test.each([
    ['healthy', [1, 1, 0, 1, 1], undefined],
    ['three in a row', [1, 0, 0, 0], 'the last 3 updates were refused'],
    ['too few steps for a share', [0, 1, 0, 0], undefined],
    [
      'more than half of the window',
      [0, 0, 1, 0, 0, 1, 0, 1],
      '63 % of the last 8 updates were refused',
    ],
  ])('S7: judges %s', (_, applied, verdict) => {
    const state = after(applied.map((one) => [1, one === 1]));
    expect(divergence(state, options)).toBe(verdict);
  });
});
