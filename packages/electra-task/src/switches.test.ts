// Two switches of google-research/electra (configure_pretraining.py): a generator with tables of its own, and one encoder
// for both jobs. The others are tested where they act.

import { initialize, registerKernels } from '@alectra/nn';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import { onEngine, toyBatch, toyModels, toyTie } from './toy-models.test-support.js';
import type { TieKey, Weights } from './tying.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const batch = () => toyBatch([16, 12, 5, 3], 16);
const options = () => ({
  training: true,
  key: { seed: tf.scalar(5, 'int32'), counter: tf.scalar(0, 'int32') },
});
const largest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0];

test('untied_generator_embeddings: a narrower generator and the discriminator do not touch each other', () => {
  const width = 4;
  const narrow: Weights = initialize(
    Object.fromEntries(
      Object.entries(toyModels.generatorWeights).map(([name, { shape }]) => [
        name,
        { shape: shape.map((size) => (size === 8 ? width : size)), init: 'normal' as const },
      ]),
    ),
    { seed: 3, standardDeviation: 0.5 },
  );
  tf.tidy(() => {
    const apart = { ...toyTie, word: false, position: false, segment: false };
    const gradients = (weights: object) => {
      const settings = { tie: apart, ...weights };
      const task = electraTask({ ...toyModels, generatorWeights: narrow, settings });
      return lossAndGradientsOf(task, onEngine(task.params), batch(), options()).gradients;
    };
    for (const [weights, untouched] of [
      [{ generatorWeight: 0 }, 'generator.'],
      [{ discriminatorWeight: 0 }, 'discriminator.'],
    ] as const)
      for (const [name, gradient] of Object.entries(gradients(weights)))
        expect([name, largest(gradient) > 0]).toEqual([name, !name.startsWith(untouched)]);
  });
});

test('untied_generator false: one encoder, which both losses train, and two heads', () => {
  const tieKey: TieKey = (name) => {
    const part = /^embeddings\.(word|position|token_type)_/.exec(name)?.[1];
    if (part === 'word' || part === 'position') return { part, key: 'table' };
    if (part === 'token_type') return { part: 'segment', key: 'table' };
    return name.startsWith('mix.') ? { part: 'encoder', key: name } : undefined;
  };
  tf.tidy(() => {
    const gradients = (weights: object) => {
      const settings = { tie: { ...toyTie, encoder: true }, ...weights };
      const task = electraTask({ ...toyModels, tieKey, settings });
      return lossAndGradientsOf(task, onEngine(task.params), batch(), options()).gradients;
    };
    const [both, generator, discriminator] = [
      gradients({}),
      gradients({ discriminatorWeight: 0 }),
      gradients({ generatorWeight: 0 }),
    ];
    expect(Object.keys(both)).toEqual([
      ...Object.keys(toyModels.generatorWeights).map((name) => `generator.${name}`),
      'discriminator.classifier.weight',
      'discriminator.classifier.bias',
    ]);
    const name = 'generator.mix.weight';
    expect(largest(generator[name])).toBeGreaterThan(0);
    expect(largest(discriminator[name])).toBeGreaterThan(0);
    const off = tf.sub(both[name], tf.add(generator[name], discriminator[name]));
    expect(largest(off) / largest(both[name])).toBeLessThan(1e-5);
  });
});
