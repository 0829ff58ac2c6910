import { describe, expect, test } from '@jest/globals';
import { layerwiseDecay } from './layerwise-decay.js';

const HEAD = 'classifier.weight';
const layer = (i: number) => `electra.encoder.layer.${i}.attention.self.query.weight`;
const TABLE = 'electra.embeddings.word_embeddings.weight';

describe('layerwiseDecay', () => {
  test("with the off-by-one has the factors of Google's code for 12 layers and 0.8", () => {
    const factor = layerwiseDecay({ decay: 0.8, layers: 12, offByOne: true });
    // The published list: 1, 0.64, 0.512, …, 0.0550 (layer 0), 0.0440 (embeddings).
    expect(factor(HEAD)).toBe(1);
    expect(factor(layer(11))).toBeCloseTo(0.64, 10);
    expect(factor(layer(10))).toBeCloseTo(0.512, 10);
    expect(factor(layer(0))).toBeCloseTo(0.055, 4);
    expect(factor(TABLE)).toBeCloseTo(0.044, 4);
    expect(factor('electra.embeddings_project.bias')).toBe(factor(TABLE));
  });

  test('without it starts one higher', () => {
    const factor = layerwiseDecay({ decay: 0.8, layers: 12 });
    expect([HEAD, layer(11), layer(0), TABLE].map(factor)).toEqual([1, 0.8, 0.8 ** 12, 0.8 ** 13]);
  });

  test('knows three places in an ALBERT with one shared layer', () => {
    const factor = layerwiseDecay({ decay: 0.5, layers: 1 });
    expect(factor('albert.pooler.weight')).toBe(1);
    expect(factor('albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight')).toBe(0.5);
    expect(factor('albert.encoder.embedding_hidden_mapping_in.weight')).toBe(0.25);
    expect(factor('albert.embeddings.LayerNorm.bias')).toBe(0.25);
  });

  test('knows the two tables of GPT', () => {
    const factor = layerwiseDecay({ decay: 0.5, layers: 12 });
    expect(factor('transformer.h.11.mlp.c_fc.weight')).toBe(0.5);
    expect(factor('transformer.h.0.ln_1.bias')).toBe(0.5 ** 12);
    for (const table of ['tokens_embed', 'positions_embed'])
      expect(factor(`transformer.${table}.weight`)).toBe(0.5 ** 13);
  });

  test('takes the places of any other naming', () => {
    const factor = layerwiseDecay({
      decay: 0.5,
      layers: 2,
      placeOf: (name) => (name === 'a' ? 0 : 'head'),
    });
    expect([factor('a'), factor('b')]).toEqual([0.25, 1]);
  });

  test('says when a layer does not exist or the decay is none', () => {
    expect(() => layerwiseDecay({ decay: 0.8, layers: 6 })(layer(7))).toThrow(
      'lies in layer 7, but layer-wise decay was made for 6 layers',
    );
    expect(() => layerwiseDecay({ decay: 0, layers: 6 })).toThrow('no layer-wise decay by 0');
    expect(() => layerwiseDecay({ decay: 0.8, layers: Number.NaN })).toThrow(
      'no layer-wise decay over NaN layers: expected a positive integer',
    );
  });
});
