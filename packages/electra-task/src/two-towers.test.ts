// Electric's generator of two ALBERT towers: what it sees, what it shares, and that it learns.

import { AlbertModel, albertConfig, encode } from '@alectra/albert';
import { initialize, registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import {
  onEngine,
  toyBatch,
  toyDiscriminator,
  toyDiscriminatorWeights,
  toyTie,
  toyTokens,
} from './toy-models.test-support.js';
import { twoTowerGenerator, twoTowerHeadLayout, twoTowerWeights } from './two-towers.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const sizes = { vocabSize: toyTokens.vocabSize, embeddingSize: 8, hiddenSize: 12 };
const config = albertConfig({
  ...sizes,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 16,
  initializerRange: 0.5, // wide enough for every token to leave a trace
});
const body = (seed: number) => {
  const weights = AlbertModel.initialTensors(config, { seed });
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith('pooler')));
};
const weights = twoTowerWeights({
  left: body(1),
  right: body(2),
  head: initialize(twoTowerHeadLayout(sizes), { seed: 3, standardDeviation: 0.5 }),
});
const generator = twoTowerGenerator({
  encode: (params, inputs, options) => encode(params, config, '', inputs, options),
  wordTable: 'embeddings.word_embeddings.weight',
});

const [LENGTH, WIDTH] = [10, 12];
const everywhere = () =>
  tf.tensor2d(
    Array.from({ length: WIDTH }, (_, s) => s),
    [1, WIDTH],
    'int32',
  );

describe('the two towers', () => {
  test('see every token but the one that they predict', () => {
    tf.tidy(() => {
      const params = onEngine(weights);
      const logits = (ids: number[]): number[][] => {
        const batch = {
          ...toyBatch([LENGTH], WIDTH),
          inputIds: tf.tensor2d([ids], undefined, 'int32'),
        };
        return (
          (generator.logitsAt(params, batch, everywhere()).arraySync() as number[][][])[0] ?? []
        );
      };
      const ids = [...toyBatch([LENGTH], WIDTH).inputIds.dataSync()];
      const before = logits(ids);
      for (let changed = 0; changed < LENGTH; changed++) {
        const after = logits(ids.map((id, s) => (s === changed ? ((id + 7) % 30) + 5 : id)));
        for (let s = 0; s < LENGTH; s++) {
          const moved = Math.max(
            ...(after[s] ?? []).map((x, v) => Math.abs(x - (before[s]?.[v] ?? 0))),
          );
          if (s === changed) expect(moved).toBe(0);
          else expect(moved).toBeGreaterThan(1e-4);
        }
      }
      // padding is seen by nobody
      const padded = logits(ids.map((id, s) => (s >= LENGTH ? 9 : id)));
      expect(padded.slice(0, LENGTH)).toEqual(before.slice(0, LENGTH));
    });
  });

  test.each(['past', 'future'] as const)(
    'show the first position alone as among all, seeing the %s',
    (sees) => {
      tf.tidy(() => {
        const params = onEngine(body(1));
        const batch = toyBatch([LENGTH, 7], WIDTH);
        const states = (positions: 'all' | 'first'): number[] => [
          ...encode(params, config, '', batch, { sees, positions }).dataSync(),
        ];
        const all = states('all');
        const expected = [0, WIDTH].flatMap((row) => all.slice(12 * row, 12 * (row + 1)));
        expect(states('first')).toEqual(expected.map((value) => expect.closeTo(value, 5)));
      });
    },
  );

  test('share their tables and have layers of their own', () => {
    const names = Object.keys(weights);
    expect(names.filter((name) => name.includes('word_embeddings'))).toEqual([
      'embeddings.word_embeddings.weight',
    ]);
    const layer = 'encoder.albert_layer_groups.0.albert_layers.0.ffn.weight';
    expect(names).toEqual(expect.arrayContaining([`left.${layer}`, `right.${layer}`]));
    expect(weights[`left.${layer}`]).not.toEqual(weights[`right.${layer}`]);
  });

  test('are trained as a whole by the objective of Electric, tables tied to the discriminator', () => {
    const task = electraTask({
      generator,
      discriminator: toyDiscriminator,
      generatorWeights: weights,
      discriminatorWeights: toyDiscriminatorWeights,
      tokens: toyTokens,
      settings: { objective: 'electric', tie: toyTie },
    });
    const key = { seed: tf.scalar(5, 'int32'), counter: tf.scalar(1, 'int32') };
    tf.tidy(() => {
      let params = onEngine(task.params);
      const losses = Array.from({ length: 8 }, () => {
        const batch = toyBatch([16, 12, 5], 16);
        const { result, gradients } = lossAndGradientsOf(task, params, batch, {
          training: true,
          key,
        });
        const idle = Object.keys(gradients).filter(
          (name) => tf.max(tf.abs(gradients[name] as tf.Tensor)).dataSync()[0] === 0,
        );
        expect(idle).toEqual([]);
        params = Object.fromEntries(
          Object.entries(params).map(([name, value]) => [
            name,
            tf.sub(value, tf.mul(gradients[name] as tf.Tensor, 2e-3)),
          ]),
        );
        const { clozeLoss, clozeTokens } = result.metrics;
        return tf.div(clozeLoss as tf.Scalar, clozeTokens as tf.Scalar).dataSync()[0] ?? Number.NaN;
      });
      expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    });
  });

  test('cannot tie layers with a discriminator that has them once', () => {
    const discriminatorWeights = body(4);
    expect(() =>
      electraTask({
        ...{ generator, discriminator: toyDiscriminator, generatorWeights: weights },
        discriminatorWeights,
        tokens: toyTokens,
        settings: { objective: 'electric', tie: { ...toyTie, encoder: true } },
      }),
    ).toThrow(
      'electra-task: cannot tie "encoder": the generator has two of it, "left.encoder.albert_layer_groups.0',
    );
  });
});
