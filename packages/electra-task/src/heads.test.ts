import { initialize, registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type HeadName, headLayout, withHead } from './heads.js';
import { onEngine, toyBatch } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const H = 6;
const encode = () => tf.ones<tf.Rank.R2>([2 * 5, H]);
const weightsOf = (head: HeadName) =>
  onEngine(initialize(headLayout(head, H), { seed: 1, standardDeviation: 0.02 }));
const dropout = { seed: tf.scalar(1, 'int32'), counter: tf.scalar(1, 'int32') };

describe.each<[HeadName, number[], boolean]>([
  ['linear2', [2, 5, 2], true],
  ['denseGelu1', [2, 5], false],
])('the head %s', (head, shape, drops) => {
  test(`gives logits ${JSON.stringify(shape)} from the parameters of its layout`, () => {
    tf.tidy(() => {
      const params = weightsOf(head);
      const { tokenLogits } = withHead(encode, head);
      const logits = tokenLogits(params, toyBatch([5, 5], 5));
      expect(logits.shape).toEqual(shape);
      // every parameter has a part in them
      for (const name of Object.keys(params)) {
        const changed = { ...params, [name]: tf.add(params[name], 1) };
        const others = tokenLogits(changed, toyBatch([5, 5], 5));
        expect([name, tf.any(tf.notEqual(others, logits)).dataSync()[0]]).toEqual([name, 1]);
      }
    });
  });

  test(`has ${drops ? 'dropout' : 'no dropout'} in training`, () => {
    tf.tidy(() => {
      const { tokenLogits } = withHead(encode, head, { dropoutRate: 0.5 });
      const params = weightsOf(head);
      const [calm, noisy] = [{}, { dropout }].map((options) =>
        tokenLogits(params, toyBatch([5, 5], 5), options).dataSync(),
      );
      if (drops) expect(noisy).not.toEqual(calm);
      else expect(noisy).toEqual(calm);
    });
  });
});

test('an unknown head is refused', () => {
  // a recipe read from JSON is not type-checked
  for (const make of [
    () => withHead(encode, 'mlp' as HeadName),
    () => headLayout('mlp' as HeadName, H),
  ])
    expect(make).toThrow('electra-task: no head "mlp": expected "linear2" or "denseGelu1".');
});
