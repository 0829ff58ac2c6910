import { registerKernels } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import { mlmTask } from './mlm-task.js';
import { onEngine, toyBatch, toyModels, toyTie } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const { generator: model, generatorWeights: weights, tokens } = toyModels;
const task = mlmTask({ model, weights, tokens });
const key = { seed: tf.scalar(5, 'int32'), counter: tf.scalar(1, 'int32') };

test('masked language modelling is the generator half of the joint task, masks and all', () => {
  tf.tidy(() => {
    const joint = electraTask({
      ...toyModels,
      settings: { tie: toyTie, discriminatorWeight: 0 },
    });
    const batch = toyBatch([16, 12, 5], 16);
    const options = { training: true, key };
    const alone = lossAndGradientsOf(task, onEngine(task.params), batch, options);
    const both = lossAndGradientsOf(joint, onEngine(joint.params), batch, options);
    expect(alone.result.loss.dataSync()).toEqual(both.result.loss.dataSync());
    expect(Object.keys(alone.gradients)).toEqual(Object.keys(task.params));
    for (const [name, g] of Object.entries(alone.gradients))
      expect(g.dataSync()).toEqual(both.gradients[name].dataSync());
  });
});

test('keeps only its results in memory', () => {
  const params = onEngine(task.params);
  const batch = toyBatch([16, 12, 5], 16);
  const before = tf.memory().numTensors;
  tf.dispose(task.loss(params, batch, { training: false, key }));
  expect(tf.memory().numTensors).toBe(before);
});

test('takes no more slots than a row has tokens', () => {
  tf.tidy(() => {
    const wide = mlmTask({
      ...{ model, weights, tokens },
      settings: { maskSlots: 100, maskProbability: 0.9 },
    });
    const { metrics } = wide.loss(onEngine(wide.params), toyBatch([5, 4], 5), {
      training: true,
      key,
    });
    expect(metrics.slots?.dataSync()[0]).toBe(3 + 2); // all but [CLS] and [SEP]
  });
});
