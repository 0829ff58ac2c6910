import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  discriminatorView,
  generatorView,
  joinWeights,
  type Tying,
  tiedNames,
  type Weights,
} from './tying.js';

tf.env().set('IS_TEST', true);

const host = (shape: number[], fill: number) => ({
  dtype: 'float32' as const,
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill),
});
const off: Tying = {
  mode: 'share',
  word: false,
  position: false,
  segment: false,
  norm: false,
  projection: false,
  encoder: false,
};

function albert(fill: number, head: string): Weights {
  return {
    'albert.embeddings.word_embeddings.weight': host([6, 2], fill),
    'albert.embeddings.position_embeddings.weight': host([4, 2], fill),
    'albert.embeddings.token_type_embeddings.weight': host([2, 2], fill),
    'albert.embeddings.LayerNorm.weight': host([2], fill),
    'albert.embeddings.LayerNorm.bias': host([2], fill),
    'albert.encoder.embedding_hidden_mapping_in.weight': host([3, 2], fill),
    'albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight': host([5, 3], fill),
    'albert.encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm.weight': host(
      [3],
      fill,
    ),
    [head]: host([2, 3], fill),
  };
}

const generator = albert(1, 'predictions.dense.weight');
const discriminator = albert(2, 'classifier.weight');
const TABLE = 'albert.embeddings.word_embeddings.weight';

describe('tying', () => {
  test.each([
    ['word', 1],
    ['position', 1],
    ['segment', 1],
    ['norm', 2],
    ['projection', 1],
    ['encoder', 2],
  ] as const)('of %s shares %i tensors and nothing else', (part, count) => {
    const tied = tiedNames(generator, discriminator, { ...off, [part]: true });
    expect(Object.keys(tied)).toHaveLength(count);
    const params = joinWeights(generator, discriminator, tied);
    expect(Object.keys(params)).toHaveLength(18 - count);
    expect(Object.keys(generatorView(params))).toEqual(Object.keys(generator));
    const view = discriminatorView(params, tied);
    expect(Object.keys(view).sort()).toEqual(Object.keys(discriminator).sort());
    for (const [name, weight] of Object.entries(view))
      expect(weight).toBe(name in tied ? generator[tied[name].source] : discriminator[name]);
  });

  test('by copy at the start gives two tensors with the same values', () => {
    const tied = tiedNames(generator, discriminator, { ...off, mode: 'copyAtInit', word: true });
    const params = joinWeights(generator, discriminator, tied);
    expect(Object.keys(params)).toHaveLength(18);
    const [a, b] = [params[`generator.${TABLE}`], params[`discriminator.${TABLE}`]];
    expect(b).toEqual(a);
    if (a instanceof tf.Tensor || b instanceof tf.Tensor) throw new Error('host weights expected');
    expect(b.data).not.toBe(a.data);
    expect(discriminatorView(params, tied)[TABLE]).toBe(b);
  });

  test('may differ from part to part: copied tables beside a shared encoder', () => {
    const tied = tiedNames(generator, discriminator, {
      ...{ ...off, mode: 'copyAtInit', word: true, encoder: 'share' },
    });
    const params = joinWeights(generator, discriminator, tied);
    expect(Object.keys(params)).toHaveLength(18 - 2);
    const view = discriminatorView(params, tied);
    expect(Object.keys(view)).toHaveLength(Object.keys(discriminator).length);
    expect(view[TABLE]).toBe(params[`discriminator.${TABLE}`]);
    const layer = 'albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight';
    expect(view[layer]).toBe(generator[layer]);
  });

  test('by copy of tensors gives tensors of their own', () => {
    const table = { [TABLE]: tf.ones([6, 2]) };
    const params = joinWeights(table, table, { [TABLE]: { source: TABLE, mode: 'copyAtInit' } });
    params[`discriminator.${TABLE}`].dispose();
    expect(table[TABLE].isDisposed).toBe(false);
    table[TABLE].dispose();
  });

  test('finds counterparts across families', () => {
    const bert = {
      'bert.embeddings.word_embeddings.weight': host([6, 2], 3),
      'bert.encoder.layer.0.output.LayerNorm.weight': host([3], 3),
      'electra.embeddings_project.weight': host([3, 2], 3),
    };
    expect(tiedNames(bert, discriminator, { ...off, word: true, projection: true })).toEqual({
      [TABLE]: { source: 'bert.embeddings.word_embeddings.weight', mode: 'share' },
      'albert.encoder.embedding_hidden_mapping_in.weight': {
        source: 'electra.embeddings_project.weight',
        mode: 'share',
      },
    });
  });

  test("takes a user's own names", () => {
    const tieKey = (name: string) =>
      name.endsWith('lookup') ? ({ part: 'word', key: 'table' } as const) : undefined;
    expect(
      tiedNames(
        { 'a.lookup': host([2, 2], 0) },
        { 'b.lookup': host([2, 2], 0) },
        { ...off, word: true },
        tieKey,
      ),
    ).toEqual({ 'b.lookup': { source: 'a.lookup', mode: 'share' } });
  });

  test('says what has no counterpart or another shape', () => {
    const small = { ...generator, [TABLE]: host([6, 1], 0) };
    expect(() => tiedNames(small, discriminator, { ...off, word: true })).toThrow(
      `electra-task: cannot tie "word": "${TABLE}" is [6, 2] and the generator's "${TABLE}" [6, 1].\n` +
        'Give both models the same sizes there, or set tie.word to false.',
    );
    expect(() => tiedNames({}, discriminator, { ...off, word: true })).toThrow(
      'has no counterpart in the generator',
    );
    expect(() => tiedNames(generator, {}, { ...off, projection: true })).toThrow(
      'cannot tie "projection": the discriminator has no such parameter',
    );
    expect(() => discriminatorView({}, { [TABLE]: { source: TABLE, mode: 'share' } })).toThrow(
      'Pass the flat record that the task made',
    );
  });
});
