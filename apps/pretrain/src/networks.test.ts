import { WordPieceTokenizer } from '@alectra/wordpiece';
import { expect, test } from '@jest/globals';
import { makeNetworks, parameterCounts } from './networks.js';
import { resolveRecipe } from './recipe-file.js';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = Array.from({ length: 30_522 - special.length }, (_, index) => `w${index}`);
const tokenizer = WordPieceTokenizer.fromVocab([...special, ...words]);
const networksOf = (preset: string, set: string[] = []) =>
  makeNetworks(resolveRecipe({ preset, set, flags: { data: { text: ['.'] } } }), tokenizer);

test('alectra-small-owt has the parameters of the model card, to the unit', () => {
  // reconstruction of the 2020 run: both networks, and together with word, position and segment embeddings shared
  expect(parameterCounts(networksOf('alectra-small-owt'))).toEqual({
    generator: 4_810_170,
    discriminator: 4_747_010,
    together: 5_633_468,
  });
});

test('google-small-owt is an ELECTRA: its discriminator has the parameters that Google published', () => {
  const networks = networksOf('google-small-owt');
  const { generator, discriminator, together } = parameterCounts(networks);
  // the encoder of 13,483,008 and the head: a dense layer of 256 and one logit
  expect(discriminator).toBe(13_483_008 + (256 * 256 + 256) + (256 + 1));
  // shared: word, position and segment table and the norm that follows them
  const shared = (30_522 + 512 + 2) * 128 + 2 * 128;
  expect(together).toBe(generator + discriminator - shared);
  expect(networks.generatorConfig).toMatchObject({ architectures: ['ElectraForMaskedLM'] });
  expect(networks.discriminatorConfig).toMatchObject({ architectures: ['ElectraForPreTraining'] });
});

test('bert-small-17m is a BERT, whose generator ends in a matrix of its own', () => {
  const networks = networksOf('bert-small-17m');
  expect(parameterCounts(networks)).toEqual({
    generator: 16_945_210,
    discriminator: 17_325_058,
    together: 34_270_268, // tables are copied, not shared
  });
  expect(networks.generatorConfig).toMatchObject({ tie_word_embeddings: false });
  expect(networks.discriminatorConfig).not.toHaveProperty('tie_word_embeddings');
  expect(networks.discriminatorConfig).toMatchObject({
    architectures: ['BertForTokenClassification'],
    id2label: { 0: 'ORIGINAL', 1: 'REPLACED' },
  });
});

test('alectra-as-coded drops and norms as the code of 2020', () => {
  const { generatorConfig, discriminatorConfig } = networksOf('alectra-as-coded');
  expect(generatorConfig).toMatchObject({
    ...{ attention_output_dropout: 'attention', predictions_layer_norm_eps: 1e-5 },
  });
  expect(discriminatorConfig).toMatchObject({ attention_output_dropout: 'attention' });
});

test('linear layers and positions begin as the recipe says, tables as ever', () => {
  const { task } = networksOf('quickstart', [
    'model.initializerRange=0.02',
    'model.linearInitializerRange=fan-in',
    'model.positionInitializer=sinusoidal',
  ]);
  const values = (name: string): Float32Array => task.params[name]?.data ?? new Float32Array();
  const rms = (name: string): number => {
    const data = values(name);
    return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
  };
  const embeddings = 'generator.albert.embeddings';
  expect(rms(`${embeddings}.word_embeddings.weight`)).toBeCloseTo(0.02, 3);
  expect([...values(`${embeddings}.position_embeddings.weight`).slice(0, 2)]).toEqual([
    0, // sin 0, and cos 0 beside it
    Math.fround(0.02 * Math.SQRT2),
  ]);
  const layer = 'encoder.albert_layer_groups.0.albert_layers.0';
  expect(rms(`generator.albert.${layer}.ffn_output.weight`)).toBeCloseTo(1 / Math.sqrt(128), 2);
  expect(rms(`discriminator.albert.${layer}.attention.key.weight`)).toBeCloseTo(
    1 / Math.sqrt(128),
    2,
  );
});
