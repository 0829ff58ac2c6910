import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { adamw } from './adamw.js';
import { globalNormScale } from './clip.js';
import { BIAS_AND_LAYERNORM_WEIGHT } from './exclusion.js';
import { lamb } from './lamb.js';
import type { Optimizer, OptimizerState, Tensors } from './optimizer.js';

tf.env().set('IS_TEST', true);

interface Fixture {
  readonly shapes: Record<string, number[]>;
  readonly rates: number[];
  readonly maxNorm: number;
  readonly start: Record<string, number[]>;
  readonly gradients: Record<string, number[]>[];
  readonly norms: number[];
  readonly end: Record<string, Record<string, number[]>>;
}

// written by tools/reference/optim_updates.py
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/updates.json', import.meta.url), 'utf8'),
) as Fixture;

const tensors = (values: Record<string, number[]>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(values).map(([name, x]) => [name, tf.tensor(x, fixture.shapes[name])]),
  );

/** Largest difference to the reference after all steps, relative to each tensor's largest step. */
function distance(optimizer: Optimizer, reference: string, clipped: boolean): number {
  return tf.tidy(() => {
    let params: Tensors = tensors(fixture.start);
    let state: OptimizerState = optimizer.init(params);
    fixture.rates.forEach((rate, index) => {
      const gradients = tensors(fixture.gradients[index] ?? {});
      const inputs = { learningRate: tf.scalar(rate), step: tf.scalar(index + 1) };
      const gradientScale = clipped ? globalNormScale(gradients, fixture.maxNorm).scale : undefined;
      ({ params, state } = optimizer.update(
        params,
        gradients,
        state,
        gradientScale ? { ...inputs, gradientScale } : inputs,
      ));
    });
    let worst = 0;
    for (const [name, expected] of Object.entries(fixture.end[reference] ?? {})) {
      const found = (params[name] as tf.Tensor).dataSync();
      const moved = Math.max(
        ...expected.map((x, i) => Math.abs(x - (fixture.start[name]?.[i] ?? Number.NaN))),
      );
      const size = Math.max(...expected.map(Math.abs));
      expected.forEach((x, i) => {
        // float32 cannot hold the large tensors closer than 6e-8 of their values
        const rounding = 6 * 6e-8 * size;
        worst = Math.max(
          worst,
          Math.max(0, Math.abs((found[i] ?? Number.NaN) - x) - rounding) / moved,
        );
      });
    }
    return worst;
  });
}

describe('six steps with a varying rate end where the reference ends', () => {
  test.each<[string, Optimizer, boolean]>([
    ['adamw with bias correction', adamw({ biasCorrection: true }), false],
    ['adamw', adamw(), false],
    ['adamw clipped', adamw(), true],
    ['lamb pytorch-lamb', lamb({ excludeFromDecay: BIAS_AND_LAYERNORM_WEIGHT }), false],
    ['lamb google-albert', lamb({ flavour: 'google-albert' }), true],
  ])('%s', (reference, optimizer, clipped) => {
    // six steps of some ten float32 roundings each, 6e-8 of the step apiece: 4e-6 if all fell on one side
    expect(distance(optimizer, reference, clipped)).toBeLessThan(2e-5);
  });

  test('and the wrong rule does not', () => {
    expect(distance(adamw(), 'adamw with bias correction', false)).toBeGreaterThan(0.1);
    expect(distance(lamb(), 'lamb google-albert', true)).toBeGreaterThan(0.01);
    expect(distance(lamb(), 'lamb pytorch-lamb', false)).toBeGreaterThan(1e-4); // full_layer_layer_norm
    expect(distance(adamw({ excludeFromDecay: [] }), 'adamw', false)).toBeGreaterThan(1e-4);
  });
});

test('the clipped trajectories are those of the joint norm that torch computes', () => {
  tf.tidy(() => {
    fixture.gradients.forEach((gradients, step) => {
      const { norm, scale } = globalNormScale(tensors(gradients), fixture.maxNorm);
      // one rounding of float32 per level of the sums
      expect(norm.dataSync()[0] / fixture.norms[step]).toBeCloseTo(1, 6);
      expect(scale.dataSync()[0]).toBeCloseTo(fixture.maxNorm / fixture.norms[step], 6);
    });
  });
});

describe('the first step', () => {
  const one = (optimizer: Optimizer, gradient: number, start = 0): number =>
    tf.tidy(() => {
      const params = { w: tf.tensor1d([start]) };
      const { params: next } = optimizer.update(
        params,
        { w: tf.tensor1d([gradient]) },
        optimizer.init(params),
        { learningRate: tf.scalar(1), step: tf.scalar(1) },
      );
      return start - ((next.w as tf.Tensor).dataSync()[0] as number);
    });

  test('is 3.162 learning rates long without bias correction, whatever the gradient', () => {
    for (const g of [1, -20, 300])
      expect(one(adamw(), g)).toBeCloseTo((Math.sign(g) * 0.1) / Math.sqrt(0.001), 3);
  });

  test('is one learning rate long with bias correction', () => {
    for (const g of [1, -20, 300])
      expect(Math.abs(one(adamw({ biasCorrection: true }), g) - Math.sign(g))).toBeLessThan(3e-6);
  });

  test('of pytorch-lamb is a full one where the tensor is zero, and as long as the tensor elsewhere', () => {
    const exact = lamb({ weightDecay: 0 });
    expect(one(exact, 1)).toBeCloseTo(0.1 / Math.sqrt(0.001), 3);
    expect(one(exact, 1, 2)).toBeCloseTo(2, 4);
    expect(one(exact, 1, 25)).toBeCloseTo(10, 4); // clamped
    const unlimited = lamb({ weightDecay: 0, maxWeightNorm: Number.POSITIVE_INFINITY });
    expect(one(unlimited, 1, 25)).toBeCloseTo(25, 3);
    expect(one(lamb({ weightDecay: 0, flavour: 'google-albert' }), 1, 25)).toBeCloseTo(25, 3);
  });

  test('of a zero gradient on a zero tensor is zero, not NaN', () => {
    for (const optimizer of [adamw(), adamw({ biasCorrection: true }), lamb()])
      expect(one(optimizer, 0)).toBe(0);
  });
});

describe('one parameter', () => {
  const inputs = () => ({ learningRate: tf.scalar(0.5), step: tf.scalar(1) });

  test('decays by learning rate times decay, only if its name is not excluded', () => {
    tf.tidy(() => {
      const params = { 'a.weight': tf.tensor1d([2]), 'a.bias': tf.tensor1d([2]) };
      const gradients = { 'a.weight': tf.zeros([1]), 'a.bias': tf.zeros([1]) };
      const optimizer = adamw({ weightDecay: 0.1 });
      const next = optimizer.update(params, gradients, optimizer.init(params), inputs()).params;
      expect(next['a.weight']?.dataSync()[0]).toBeCloseTo(2 * (1 - 0.5 * 0.1), 6);
      expect(next['a.bias']?.dataSync()[0]).toBe(2);
    });
  });

  test('decays at small learning rates as well, on average over many values', () => {
    tf.tidy(() => {
      // lr decay = 1e-8, below the spacing of float32 at 1: seen only together with steps of other sizes
      const size = 40_000;
      const start = tf.fill([size], 1);
      const gradients = { w: tf.tensor1d(Float32Array.from({ length: size }, (_, i) => i + 1)) };
      const scalars = { learningRate: tf.scalar(1e-6), step: tf.scalar(1) };
      const mean = (weightDecay: number): number => {
        const optimizer = adamw({ weightDecay, epsilon: 5000 });
        const { params } = optimizer.update(
          { w: start },
          gradients,
          optimizer.init({ w: start }),
          scalars,
        );
        return (params.w as tf.Tensor).dataSync<'float32'>().reduce((sum, x) => sum + x / size, 0);
      };
      expect((mean(0) - mean(0.01)) / 1e-8).toBeCloseTo(1, 1);
    });
  });

  test('moves by its own scale of the learning rate, its decay included', () => {
    tf.tidy(() => {
      const params = { a: tf.tensor1d([2]), b: tf.tensor1d([2]) };
      const gradients = { a: tf.ones([1]), b: tf.ones([1]) };
      for (const optimizer of [
        adamw({ learningRateScale: (name) => (name === 'b' ? 0.25 : 1) }),
        lamb({ learningRateScale: (name) => (name === 'b' ? 0.25 : 1) }),
      ]) {
        const next = optimizer.update(params, gradients, optimizer.init(params), inputs()).params;
        const [a, b] = [next.a, next.b].map((x) => 2 - (x?.dataSync()[0] ?? Number.NaN));
        expect(b).toBeCloseTo((a as number) / 4, 5);
      }
    });
  });

  test('that stands under two names is updated once', () => {
    tf.tidy(() => {
      const table = tf.tensor1d([3, 4]);
      const gradient = tf.tensor1d([1, -1]);
      for (const optimizer of [adamw(), lamb()]) {
        const alone = { x: table };
        const tied = { x: table, y: table };
        const expected = optimizer.update(alone, { x: gradient }, optimizer.init(alone), inputs());
        const state = optimizer.init(tied);
        expect(Object.keys(state)).toEqual(['m.x', 'v.x']);
        const found = optimizer.update(tied, { x: gradient, y: gradient }, state, inputs());
        expect(found.params.y).toBe(found.params.x);
        expect(found.params.x?.dataSync()).toEqual(expected.params.x?.dataSync());
        expect(Object.keys(found.state)).toEqual(['m.x', 'v.x']);
      }
    });
  });
});

describe('update', () => {
  test('keeps only its results in memory and leaves its arguments alone', () => {
    const params = { a: tf.tensor1d([1, 2]), b: tf.tensor2d([[1], [2]]) };
    const gradients = { a: tf.tensor1d([1, 2]), b: tf.tensor2d([[1], [2]]) };
    const inputs = { learningRate: tf.scalar(0.1), step: tf.scalar(1, 'int32') };
    for (const optimizer of [adamw({ biasCorrection: true }), lamb()]) {
      const before = tf.memory().numTensors;
      const state = optimizer.init(params);
      const next = optimizer.update(params, gradients, state, inputs);
      expect(tf.memory().numTensors).toBe(before + 4 + 2 + 4);
      tf.dispose([next.params, next.state, state]);
      expect(params.a.isDisposed || gradients.a.isDisposed).toBe(false);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('says which entry is missing, unknown, misshapen or contradictory', () => {
    tf.tidy(() => {
      const optimizer = adamw();
      const params = { w: tf.tensor1d([1, 2]) };
      const state = optimizer.init(params);
      const inputs = { learningRate: tf.scalar(0.1), step: tf.scalar(1) };
      const g = tf.ones([2]);
      expect(() => optimizer.update(params, {}, state, inputs)).toThrow(
        'optim: adamw cannot update "w": it has no gradient, expected one of shape [2].',
      );
      expect(() => optimizer.update(params, { w: tf.ones([3]) }, state, inputs)).toThrow(
        'its gradient is [3], expected [2]',
      );
      expect(() => optimizer.update(params, { w: g, x: g }, state, inputs)).toThrow(
        '"x": it has a gradient but no value',
      );
      expect(() => optimizer.update(params, { w: g }, {}, inputs)).toThrow('it has no state entry');
      expect(() => optimizer.update(params, { w: g }, { ...state, 'm.x': g }, inputs)).toThrow(
        '"m.x": it is a state entry of no parameter',
      );
      expect(() =>
        optimizer.update({ ...params, x: params.w }, { w: g, x: tf.ones([2]) }, state, inputs),
      ).toThrow('"x": it is the tensor of "w" with another gradient');
    });
  });

  test('refuses rates that cannot be', () => {
    expect(() => adamw({ beta1: 1 })).toThrow(
      'optim: adamw cannot use this beta1: found 1, expected at least 0 and below 1.\nELECTRA uses 0.9 and 0.999.',
    );
    expect(() => lamb({ weightDecay: -1 })).toThrow('cannot use this weightDecay: found -1');
    expect(() => lamb({ epsilon: Number.NaN })).toThrow('cannot use this epsilon: found NaN');
    // a recipe read from JSON is not type-checked
    expect(() => lamb({ flavour: 'nvidia' as 'google-albert' })).toThrow('has no flavour "nvidia"');
    expect(() => lamb({ maxWeightNorm: 0 })).toThrow(
      'lamb in the flavour "pytorch-lamb" cannot use this maxWeightNorm: found 0, expected a positive number.',
    );
    expect(() => lamb({ flavour: 'google-albert', maxWeightNorm: 10 })).toThrow(
      'found 10, expected none',
    );
    expect(() => adamw({ excludeFromDecay: ['bias', '('] })).toThrow(
      'optim: cannot exclude names by "(": found no regular expression, expected one.\nGive excludeFromDecay',
    );
    expect(() => adamw({ excludeFromDecay: 'bias' as unknown as string[] })).toThrow(
      'optim: cannot exclude names by "bias": found one string, expected a list of them.',
    );
  });
});
