import { expect, test } from '@jest/globals';
import { publishedCurve } from './published-curve.js';

const curves = Object.fromEntries(
  ['loss', 'generatorLoss', 'discriminatorLoss', 'auc', 'precision', 'rows'].map((metric) => [
    metric,
    publishedCurve(metric),
  ]),
);

test('begins at 82 M tokens, ends at 16.4 G, and has no points for what was not published', () => {
  expect(curves.auc?.[0]).toEqual({ x: 81_920_000, y: 0.7 });
  expect(curves.auc?.at(-1)).toEqual({ x: 16_384_000_000, y: 0.935 });
  expect(curves.precision).toHaveLength(8);
  expect(curves.rows).toEqual([]);
});

// from step 20,000 on: before it the figure is too steep to be read that well
test('adds up: the total is the generator loss and fifty times the discriminator loss', () => {
  const at = (metric: string) => curves[metric]?.slice(2).map(({ y }) => y) ?? [];
  const [generator, discriminator] = [at('generatorLoss'), at('discriminatorLoss')];
  expect(at('loss')).toHaveLength(11);
  for (const [index, total] of at('loss').entries())
    expect(
      Math.abs(Number(generator[index]) + 50 * Number(discriminator[index]) - total),
    ).toBeLessThan(0.11);
});
