import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { configFamily, type FamilyConfig } from './config-family.js';
import { SIZE } from './config-fields.js';
import type { HostTensors } from './initialize.js';
import { linear } from './linear.js';
import { type ModelDefinition, type ModelStorage, modelClass } from './model-class.js';
import { firstRows, rowsAt, toSequences } from './sequence-rows.js';

interface ToyConfig extends FamilyConfig {
  readonly width: number;
  readonly initializerRange: number;
}

const toy: ModelDefinition<ToyConfig, { readonly logits: tf.Tensor }> = {
  architecture: 'Toy',
  prefix: 'toy',
  layout: ({ width, numLabels }) => ({
    'head.weight': { shape: [numLabels, width], init: 'normal' },
    'head.bias': { shape: [numLabels], init: 'zeros' },
  }),
  forward: (params, _, { inputIds, attentionMask, tokenTypeIds }) =>
    tf.tidy(() => {
      const seen = tf.add(tf.mul(inputIds, attentionMask), tokenTypeIds);
      return { logits: linear(params, 'head', tf.cast(seen, 'float32')) };
    }),
};
const config: ToyConfig = { width: 3, numLabels: 2, initializerRange: 0.5 };

/** A disk that is a variable. */
function memory(stored: HostTensors): ModelStorage<ToyConfig> & { saved: HostTensors } {
  const disk = {
    saved: stored,
    load: async (_: string, { layout }: { layout: typeof toy.layout }) => ({
      config,
      tensors: disk.saved,
      missing: Object.keys(layout(config)).filter((name) => !(name in disk.saved)),
      unexpected: ['extra'],
    }),
    save: async (_: string, { tensors }: { tensors: HostTensors }) => {
      disk.saved = tensors;
    },
  };
  return disk;
}

tf.env().set('IS_TEST', true);
beforeAll(() => tf.setBackend('cpu'));

describe('modelClass', () => {
  const weight = {
    dtype: 'float32',
    shape: [2, 3],
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  } as const;
  const bias = { dtype: 'float32', shape: [2], data: Float32Array.of(10, 20) } as const;
  const inputIds = tf.tensor2d([[1, 0, 2]], [1, 3], 'int32');

  test('calls with all tokens visible and segment 0 unless told otherwise', () => {
    const Toy = modelClass(toy, memory({}));
    const model = Toy.fromTensors(config, { 'head.weight': weight, 'head.bias': bias });
    const before = tf.memory().numTensors;
    const { logits } = model.call({ inputIds });
    expect([...logits.dataSync()]).toEqual([17, 36]);
    expect(tf.memory().numTensors).toBe(before + 1);
    const attentionMask = tf.tensor2d([[1, 1, 0]], [1, 3], 'int32');
    const tokenTypeIds = tf.tensor2d([[0, 1, 0]], [1, 3], 'int32');
    const masked = model.call({ inputIds, attentionMask, tokenTypeIds });
    expect([...masked.logits.dataSync()]).toEqual([13, 29]);
    expect(attentionMask.isDisposed).toBe(false);
  });

  test('frees its parameters', () => {
    const Toy = modelClass(toy, memory({}));
    const before = tf.memory().numTensors;
    Toy.init(config, { seed: 1 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('keeps its parameters in a tidy, and says when they are gone', async () => {
    const Toy = modelClass(toy, memory({}));
    const models: ReturnType<typeof Toy.init>[] = [];
    tf.tidy(() => {
      models.push(Toy.init(config, { seed: 1 }));
    });
    const [model] = models;
    expect(model.call({ inputIds }).logits.shape).toEqual([1, 2]);
    model.dispose();
    model.dispose();
    expect(() => model.call({ inputIds })).toThrow('nn: cannot call Toy: its parameters are disp');
    await expect(model.savePretrained('x')).rejects.toThrow('nn: cannot save Toy:');
  });

  test('initialises what a folder lacks, by seed, and says so', async () => {
    const Toy = modelClass(toy, memory({ 'head.bias': bias }));
    const model = await Toy.fromPretrained('anywhere', { seed: 7 });
    expect(model.loading).toEqual({ missing: ['head.weight'], unexpected: ['extra'] });
    expect(model.params['head.weight'].dataSync()).toEqual(
      Toy.initialTensors(config, { seed: 7 })['head.weight'].data,
    );
    expect([...model.params['head.bias'].dataSync()]).toEqual([10, 20]);
  });

  test('hands the options that it does not know to the storage', async () => {
    const given: unknown[] = [];
    const disk = memory({ 'head.weight': weight, 'head.bias': bias });
    const storage: ModelStorage<ToyConfig, { readonly hub: string }> = {
      ...disk,
      load: (name, expected, source) => {
        given.push(name, expected.allowMismatch, source);
        return disk.load(name, expected, source);
      },
    };
    await modelClass(toy, storage).fromPretrained('a/b', {
      seed: 1,
      allowMismatch: true,
      hub: 'h',
    });
    expect(given).toEqual(['a/b', true, { hub: 'h' }]);
  });

  test('saves the parameters as they are now', async () => {
    const disk = memory({});
    await modelClass(toy, disk)
      .fromTensors(config, { 'head.weight': weight, 'head.bias': bias })
      .savePretrained('anywhere');
    expect(disk.saved).toEqual({ 'head.weight': weight, 'head.bias': bias });
  });

  test('refuses tensors of another shape by name', () => {
    const Toy = modelClass(toy, memory({}));
    expect(() => Toy.fromTensors(config, { 'head.weight': bias, 'head.bias': bias })).toThrow(
      "nn: cannot make Toy: found [2] as 'head.weight', expected [2, 3].",
    );
    const integers = { ...bias, dtype: 'int32', data: Int32Array.of(1, 2) };
    // as a file of integers would be
    const tensors = { 'head.weight': weight, 'head.bias': integers } as unknown as HostTensors;
    expect(() => Toy.fromTensors(config, tensors)).toThrow("found int32 [2] as 'head.bias'");
  });
});

describe('configFamily', () => {
  const family = configFamily<ToyConfig>({
    owner: 'toys',
    modelType: 'toy',
    architecture: 'Toy',
    fields: {
      width: { json: 'toy_width', kind: SIZE, default: 4 },
      initializerRange: { json: 'range', kind: SIZE, default: 1 },
    },
    fixed: { flavour: 'plain' },
    check: ({ width }, refuse) => {
      if (width === 13) refuse("'width' is 13", 'Take another.');
    },
  });

  test('completes, reads and writes', () => {
    const full = { width: 4, initializerRange: 1, numLabels: 2 };
    expect(family.complete({})).toEqual(full);
    expect(family.complete({ width: undefined })).toEqual(full);
    expect(family.toJson(family.fromJson({ toy_width: 5, flavour: 'plain', x: [1] }))).toEqual({
      architectures: ['Toy'],
      model_type: 'toy',
      toy_width: 5,
      range: 1,
      flavour: 'plain',
      x: [1],
    });
  });

  test('refuses variants that are not there, and what the check refuses', () => {
    expect(() => family.fromJson({ flavour: 'spicy' })).toThrow(
      'toys: cannot use the config: \'flavour\' is "spicy", expected "plain".',
    );
    expect(() => family.complete({ width: 13 })).toThrow(
      "toys: cannot use the config: 'width' is 13.",
    );
  });
});

describe('rows and sequences', () => {
  const rows = tf.tensor2d([
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
    [8, 9],
    [10, 11],
  ]);
  const ids = tf.zeros<tf.Rank.R2>([2, 3], 'int32');
  const batch = { inputIds: ids, attentionMask: ids, tokenTypeIds: ids };

  test('give the first and any chosen positions', () => {
    expect(firstRows(rows, 2).arraySync()).toEqual([
      [0, 1],
      [6, 7],
    ]);
    const positions = tf.tensor2d(
      [
        [2, 0],
        [1, 1],
      ],
      [2, 2],
      'int32',
    );
    expect(rowsAt(rows, batch, positions).arraySync()).toEqual([
      [4, 5],
      [0, 1],
      [8, 9],
      [8, 9],
    ]);
    expect(toSequences(rows, batch).shape).toEqual([2, 3, 2]);
  });
});
