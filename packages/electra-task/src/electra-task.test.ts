import { registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { LossOptions } from './draws.js';
import { type ElectraTaskOptions, electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import type { TaskTokens } from './models.js';
import type { ElectraSettings } from './settings.js';
import {
  onEngine,
  toyBatch,
  toyDiscriminator,
  toyDiscriminatorWeights,
  toyGenerator,
  toyModels,
  toyTie,
  toyTokens,
} from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const LENGTHS = [16, 12, 5, 3];
const SLOTS = 2 + 2 + 1 + 1; // round(0.15 n), at least one
const TOKENS = 16 + 12 + 5 + 3;

const toyTask = (
  settings: Partial<ElectraSettings> = {},
  change: Partial<ElectraTaskOptions> = {},
) =>
  electraTask({
    ...toyModels,
    settings: { tie: toyTie, ...settings },
    ...change,
  });

const options = (counter = 0, training = true): LossOptions => ({
  training,
  key: { seed: tf.scalar(5, 'int32'), counter: tf.scalar(counter, 'int32') },
});

const value = (x: tf.Tensor | undefined): number => x?.dataSync()[0] ?? Number.NaN;

describe('the joint loss', () => {
  test('is generator + 50 ln 2 when the output layer of the discriminator is zero', () => {
    tf.tidy(() => {
      const task = toyTask();
      const params = {
        ...onEngine(task.params),
        'discriminator.classifier.weight': tf.zeros([2, 8]),
      };
      const { loss, metrics } = task.loss(params, toyBatch(LENGTHS, 16), options());
      const generator = value(metrics.generatorLoss) / SLOTS;
      expect(Math.abs(value(metrics.discriminatorLoss) / TOKENS - Math.LN2)).toBeLessThan(1e-6);
      expect(value(loss)).toBeCloseTo(generator + 50 * Math.LN2, 4);
    });
  });

  test('is ln V + 50 ln 2 for an undecided pair, in every way to choose positions', () => {
    tf.tidy(() => {
      for (const maskSelection of ['fixedK', 'bernoulli', 'google-with-replacement'] as const) {
        const task = toyTask({ maskSelection });
        const params = Object.fromEntries(
          Object.entries(onEngine(task.params)).map(([name, x]) => [name, tf.zerosLike(x)]),
        );
        const { loss } = task.loss(params, toyBatch([16, 16, 16, 9], 16), options(2));
        expect(value(loss)).toBeCloseTo(Math.log(40) + 50 * Math.LN2, 3);
      }
    });
  });

  test('weighs its parts as told, and is finite for a batch without a single slot', () => {
    tf.tidy(() => {
      const { loss, metrics } = toyTask({ generatorWeight: 2, discriminatorWeight: 3 }).loss(
        onEngine(toyTask().params),
        toyBatch(LENGTHS, 16),
        options(),
      );
      const parts =
        (2 * value(metrics.generatorLoss)) / SLOTS +
        (3 * value(metrics.discriminatorLoss)) / TOKENS;
      expect(value(loss)).toBeCloseTo(parts, 4);
      const empty = lossAndGradientsOf(
        toyTask(),
        onEngine(toyTask().params),
        toyBatch([2, 2], 2),
        options(),
      );
      expect(value(empty.result.metrics.slots)).toBe(0);
      expect(Number.isFinite(value(empty.result.loss))).toBe(true);
      for (const g of Object.values(empty.gradients))
        expect(g.dataSync().every(Number.isFinite)).toBe(true);
    });
  });
});

describe('labels', () => {
  const labelled = (settings: Partial<ElectraSettings>, given?: LossOptions['given']) => {
    const task = toyTask(settings);
    const result = task.loss(onEngine(task.params), toyBatch(LENGTHS, 16), {
      ...options(1),
      ...(given ? { given } : {}),
    });
    return { result, replaced: value(result.metrics.replaced) };
  };

  test('are all 0 when the generator is forced to the truth', () => {
    tf.tidy(() => {
      const { result } = labelled({});
      const forced = labelled(
        {},
        {
          positions: result.perSlot.positions,
          weights: result.perSlot.weights,
          sampled: result.perSlot.targets,
        },
      );
      expect(forced.replaced).toBe(0);
      expect(value(forced.result.metrics.sampledCorrect)).toBe(SLOTS);
      expect(forced.result.perToken.corruptedIds.arraySync()).toEqual(
        toyBatch(LENGTHS, 16).inputIds.arraySync(),
      );
    });
  });

  test('are 1 at all live slots with disallowCorrect, by the generator and uniform', () => {
    tf.tidy(() => {
      for (const uniformGenerator of [false, true]) {
        const task = toyTask({ disallowCorrect: true, uniformGenerator });
        for (let counter = 0; counter < 5; counter++) {
          const { metrics, perToken } = task.loss(
            onEngine(task.params),
            toyBatch(LENGTHS, 16),
            options(counter),
          );
          expect(value(metrics.replaced)).toBe(SLOTS);
          expect(value(tf.sum(perToken.labels))).toBe(SLOTS);
          expect(value(metrics.sampledCorrect)).toBe(0);
        }
      }
    });
  });

  test('are 1 exactly where the discriminator reads another token than was written', () => {
    tf.tidy(() => {
      const { result } = labelled({});
      const ids = toyBatch(LENGTHS, 16).inputIds.dataSync();
      const read = result.perToken.corruptedIds.dataSync();
      expect([...result.perToken.labels.dataSync()]).toEqual(
        Array.from(ids, (id, i) => Number(id !== read[i])),
      );
      expect(value(result.metrics.replaced) + value(result.metrics.sampledCorrect)).toBe(SLOTS);
    });
  });
});

describe('gradients', () => {
  const gradientsOf = (settings: Partial<ElectraSettings>) => {
    const task = toyTask(settings);
    const params = onEngine(task.params);
    return { task, params, ...lossAndGradientsOf(task, params, toyBatch(LENGTHS, 16), options()) };
  };
  const size = (x: tf.Tensor): number => value(tf.max(tf.abs(x)));

  test('reach every parameter', () => {
    tf.tidy(() => {
      const { gradients, params } = gradientsOf({});
      expect(Object.keys(gradients)).toEqual(Object.keys(params));
      for (const g of Object.values(gradients)) expect(size(g)).toBeGreaterThan(0);
    });
  });

  test("of the discriminator's loss do not reach weights that only the generator has", () => {
    tf.tidy(() => {
      const { gradients } = gradientsOf({ generatorWeight: 0 });
      for (const name of ['mix.weight', 'mix.bias', 'output.bias'])
        expect(size(gradients[`generator.${name}`])).toBe(0);
      expect(size(gradients['generator.embeddings.word_embeddings.weight'])).toBeGreaterThan(0);
      expect(size(gradients['discriminator.mix.weight'])).toBeGreaterThan(0);
    });
  });

  test("of the generator's loss do not reach weights that only the discriminator has", () => {
    tf.tidy(() => {
      const { gradients } = gradientsOf({ discriminatorWeight: 0 });
      for (const [name, g] of Object.entries(gradients)) {
        if (name.startsWith('discriminator.')) expect(size(g)).toBe(0);
        else expect(size(g)).toBeGreaterThan(0);
      }
    });
  });

  test('agree with finite differences of the loss with all draws given', () => {
    tf.tidy(() => {
      const task = toyTask();
      const params = onEngine(task.params);
      const batch = toyBatch(LENGTHS, 16);
      const { perSlot } = task.loss(params, batch, options());
      const given = { ...perSlot, shown: tf.ones([4, 2]) as tf.Tensor2D };
      const { gradients } = lossAndGradientsOf(task, params, batch, { training: false, given });
      const at = (values: Record<string, tf.Tensor>): number =>
        value(task.loss(values, batch, { training: false, given }).loss);
      for (const [name, x] of Object.entries(params)) {
        // along the gradient itself the slope is its norm, far above the rounding of the loss
        const g = gradients[name];
        const norm = value(tf.norm(g));
        const step = tf.mul(g, 1e-2 / norm);
        const slope =
          (at({ ...params, [name]: tf.add(x, step) }) -
            at({ ...params, [name]: tf.sub(x, step) })) /
          2e-2;
        expect(Math.abs(slope / norm - 1)).toBeLessThan(5e-3);
      }
    });
  });

  test('name the parameters that have no part in the loss', () => {
    const task = toyTask();
    const params = { ...onEngine(task.params), 'discriminator.pooler.weight': tf.ones([2]) };
    expect(() => lossAndGradientsOf(task, params, toyBatch(LENGTHS, 16), options())).toThrow(
      'optim: no gradient for 1 parameters: found no part in the loss for discriminator.pooler.weight',
    );
  });
});

describe('draws', () => {
  const drawn = (o: LossOptions) => {
    const task = toyTask();
    const { perSlot, perToken } = task.loss(onEngine(task.params), toyBatch(LENGTHS, 16), o);
    return [perSlot.positions, perSlot.sampled, perToken.maskedIds].map((x) => [...x.dataSync()]);
  };

  test('repeat with the key, move with the counter, and differ between training and evaluation', () => {
    tf.tidy(() => {
      expect(drawn(options(1))).toEqual(drawn(options(1)));
      expect(drawn(options(1))).not.toEqual(drawn(options(2)));
      expect(drawn(options(1))).not.toEqual(drawn(options(1, false)));
      expect(drawn(options(1, false))).toEqual(drawn(options(1, false)));
    });
  });

  test('of another run can be given, all of them without a key', () => {
    tf.tidy(() => {
      const task = toyTask();
      const params = onEngine(task.params);
      const batch = toyBatch(LENGTHS, 16);
      const first = task.loss(params, batch, options());
      const always = toyTask({ maskTokenProbability: 1 });
      const given = {
        positions: first.perSlot.positions,
        weights: first.perSlot.weights,
        sampled: first.perSlot.sampled,
      };
      const again = always.loss(params, batch, { training: false, given });
      expect(again.perToken.corruptedIds.arraySync()).toEqual(
        first.perToken.corruptedIds.arraySync(),
      );
      expect(() =>
        task.loss(params, batch, { ...options(), given: { weights: given.weights } }),
      ).toThrow('given draws cannot be used: found weights without positions, expected both');
      for (const without of [{ training: false }, { training: true, given }])
        expect(() => task.loss(params, batch, without)).toThrow(
          'electra-task: there is nothing to draw from: found no key',
        );
    });
  });

  test("that are given stay the caller's, and results are tensors of their own", () => {
    tf.tidy(() => {
      const task = toyTask();
      const params = onEngine(task.params);
      const batch = toyBatch(LENGTHS, 16);
      const { perSlot } = task.loss(params, batch, options());
      const given = { ...perSlot, shown: tf.ones<tf.Rank.R2>([4, 2]) };
      const before = tf.memory().numTensors;
      tf.dispose(task.loss(params, batch, { training: false, given }));
      const { result, gradients } = lossAndGradientsOf(task, params, batch, {
        training: false,
        given,
      });
      tf.dispose([result, gradients]);
      expect(tf.memory().numTensors).toBe(before);
      for (const tensor of [...Object.values(given), ...Object.values(batch)])
        expect(tensor.isDisposed).toBe(false);
    });
  });

  test('leave the dropout of the two models apart', () => {
    const scopes: (string | undefined)[] = [];
    tf.tidy(() => {
      const task = toyTask(
        {},
        {
          generator: {
            logitsAt: (params, inputs, positions, call) => {
              scopes.push(call?.dropout?.scope);
              return toyGenerator.logitsAt(params, inputs, positions);
            },
          },
          discriminator: {
            tokenLogits: (params, inputs, call) => {
              scopes.push(call?.dropout?.scope);
              return toyDiscriminator.tokenLogits(params, inputs);
            },
          },
        },
      );
      task.loss(onEngine(task.params), toyBatch(LENGTHS, 16), options());
      task.loss(onEngine(task.params), toyBatch(LENGTHS, 16), options(0, false));
    });
    expect(scopes).toEqual(['generator', 'discriminator', undefined, undefined]);
  });
});

describe('models whose sizes do not fit', () => {
  const lossWith = (change: Partial<ElectraTaskOptions>) => () =>
    tf.tidy(() => {
      const task = toyTask({}, change);
      return task.loss(onEngine(task.params), toyBatch(LENGTHS, 16), options()).loss;
    });

  test('are named, where TensorFlow.js would broadcast or reshape', () => {
    // a sequence classifier's one logit a row would be every token's
    const perRow = { tokenLogits: () => tf.ones<tf.Rank.R2>([4, 1]) };
    expect(lossWith({ discriminator: perRow })).toThrow(
      'electra-task: tokenLogits of the model is of shape [4, 1], expected [4, 16] or [4, 16, 2].\nSee',
    );
    const threeLabels = { tokenLogits: () => tf.ones<tf.Rank.R3>([4, 16, 3]) };
    expect(lossWith({ discriminator: threeLabels })).toThrow('is of shape [4, 16, 3], expected');
    // twice the vocabulary would be twice the slots
    expect(lossWith({ tokens: { ...toyTokens, vocabSize: 20 } })).toThrow(
      'electra-task: logitsAt of the model is of shape [4, 2, 40], expected [4, 2, 20]',
    );
  });

  test('and tokens that no vocabulary has are refused at once', () => {
    for (const [tokens, found] of [
      [{ mask: 40 }, 'tokens.mask is 40, expected an id from 0 to 39'],
      [{ neverMasked: [2, undefined] }, 'an id in tokens.neverMasked is undefined, expected'],
      [{ neverMasked: [] }, 'tokens.neverMasked is empty, expected the ids of [CLS]'],
      [{ vocabSize: 0 }, 'tokens.vocabSize is 0, expected an integer above 1'],
    ] as const)
      expect(() => toyTask({}, { tokens: { ...toyTokens, ...tokens } as TaskTokens })).toThrow(
        `electra-task: ${found}`,
      );
  });
});

describe('the uniform generator', () => {
  test('costs ln V, has no parameters, and leaves the discriminator everything', () => {
    tf.tidy(() => {
      const task = electraTask({
        discriminator: toyDiscriminator,
        discriminatorWeights: toyDiscriminatorWeights,
        tokens: toyTokens,
        settings: { uniformGenerator: true },
      });
      expect(Object.keys(task.params).every((name) => name.startsWith('discriminator.'))).toBe(
        true,
      );
      const { result, gradients } = lossAndGradientsOf(
        task,
        onEngine(task.params),
        toyBatch(LENGTHS, 16),
        options(),
      );
      expect(value(result.metrics.generatorLoss) / SLOTS).toBeCloseTo(Math.log(40), 5);
      expect(Object.keys(gradients)).toEqual(Object.keys(task.params));
    });
  });

  test('is the only way to do without a generator', () => {
    expect(() => toyTask({}, { generator: undefined } as object)).toThrow(
      'electra-task: there is no generator',
    );
  });
});

test('keeps only its results in memory', () => {
  const task = toyTask();
  const params = onEngine(task.params);
  const batch = toyBatch(LENGTHS, 16);
  const o = options();
  const before = tf.memory().numTensors;
  tf.dispose(task.loss(params, batch, o));
  expect(tf.memory().numTensors).toBe(before);
  const { result, gradients } = lossAndGradientsOf(task, params, batch, o);
  tf.dispose([result, gradients]);
  expect(tf.memory().numTensors).toBe(before);
  tf.tidy(() => {
    lossAndGradientsOf(task, params, batch, o);
  });
  expect(tf.memory().numTensors).toBe(before);
});
