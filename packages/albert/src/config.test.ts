import { describe, expect, test } from '@jest/globals';
import {
  type AlbertConfig,
  albertConfig,
  albertConfigFromJson,
  albertConfigToJson,
} from './config.js';

// config.json of shoarora/alectra-small-owt, with what transformers 2.6 added to it
const released = {
  architectures: ['AlbertModel'],
  attention_probs_dropout_prob: 0.1,
  bos_token_id: 2,
  classifier_dropout_prob: 0.1,
  embedding_size: 128,
  eos_token_id: 3,
  hidden_act: 'gelu_new',
  hidden_dropout_prob: 0.1,
  hidden_size: 256,
  initializer_range: 0.02,
  inner_group_num: 1,
  intermediate_size: 1024,
  layer_norm_eps: 1e-12,
  max_position_embeddings: 128,
  model_type: 'albert',
  num_attention_heads: 4,
  num_hidden_groups: 1,
  num_hidden_layers: 12,
  pad_token_id: 0,
  type_vocab_size: 2,
  vocab_size: 30522,
};

describe('albertConfig', () => {
  test("has Hugging Face's defaults", () => {
    expect(albertConfig()).toMatchObject({
      vocabSize: 30000,
      embeddingSize: 128,
      hiddenSize: 4096,
      numAttentionHeads: 64,
      intermediateSize: 16384,
      hiddenAct: 'gelu_new',
      hiddenDropoutProb: 0,
      classifierDropoutProb: 0.1,
      layerNormEps: 1e-12,
      numLabels: 2,
      attentionOutputDropout: 'hidden',
    });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ hiddenSize: 0 }, "'hiddenSize' is 0, expected a positive integer"],
    [{ hiddenSize: 2.5 }, "'hiddenSize' is 2.5, expected a positive integer"],
    [
      { vocabSize: 2 ** 40 },
      "'vocabSize' is 1099511627776, expected a positive integer below 2^31",
    ],
    [{ hiddenDropoutProb: 1 }, "'hiddenDropoutProb' is 1, expected a number from 0 to below 1"],
    [{ hiddenAct: 'gelu2' }, '\'hiddenAct\' is "gelu2", expected one of gelu, '],
    [{ layerNormEps: -1 }, "'layerNormEps' is -1, expected a positive number"],
    [
      { hiddenSize: 10, numAttentionHeads: 4 },
      "'hiddenSize' is 10, expected a multiple of 'numAtt",
    ],
    [{ padTokenId: 30000 }, "'padTokenId' is 30000, expected an id below 'vocabSize', 30000"],
    [{ numLabels: 3, id2label: { 0: 'a' } }, "'numLabels' is 3, expected the 1 of 'id2label'"],
    [
      { attentionOutputDropout: 'both' },
      '\'attentionOutputDropout\' is "both", expected one of hidden',
    ],
    [{ hidden_size: 4 }, "unknown field 'hidden_size'"],
  ])('refuses %j', (values, message) => {
    expect(() => albertConfig(values as Partial<AlbertConfig>)).toThrow(
      `albert: cannot use the config: ${message}`,
    );
  });
});

describe('config.json', () => {
  test('of the released model comes back as it was', () => {
    const config = albertConfigFromJson(released);
    expect(config).toMatchObject({ hiddenSize: 256, numHiddenLayers: 12, numAttentionHeads: 4 });
    expect(config.other).toBeUndefined();
    expect(albertConfigToJson(config)).toEqual(released);
  });

  test('keeps keys that it does not know', () => {
    const json = { ...released, transformers_version: '5.23.0', net_structure_type: 0 };
    const config = albertConfigFromJson(json);
    expect(config.other).toEqual({ transformers_version: '5.23.0', net_structure_type: 0 });
    expect(albertConfigToJson(config)).toEqual(json);
  });

  test('holds the number of labels as their names', () => {
    const config = albertConfig({ numLabels: 3 });
    const json = albertConfigToJson(config, 'AlbertForSequenceClassification');
    expect(json).toMatchObject({
      architectures: ['AlbertForSequenceClassification'],
      id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' },
      label2id: { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 },
    });
    expect(json).not.toHaveProperty('num_labels');
    expect(albertConfigFromJson(json).numLabels).toBe(3);
    expect(albertConfigFromJson({ ...released, num_labels: 5 }).numLabels).toBe(5);
    expect(albertConfigFromJson({ id2label: { 0: 'x' }, num_labels: 5 }).numLabels).toBe(1);
  });

  test('null counts as absent', () => {
    expect(albertConfigFromJson({ ...released, pad_token_id: null, problem_type: null })).toEqual(
      albertConfigFromJson(released),
    );
  });

  test('keeps our own fields', () => {
    const config = albertConfig({
      attentionOutputDropout: 'attention',
      predictionsLayerNormEps: 1e-5,
    });
    const json = albertConfigToJson(config);
    expect(json).toMatchObject({
      attention_output_dropout: 'attention',
      predictions_layer_norm_eps: 1e-5,
    });
    expect(albertConfigFromJson(json)).toEqual(config);
  });

  test.each<[unknown, string]>([
    [{ ...released, model_type: 'bert' }, '\'model_type\' is "bert", expected "albert"'],
    [{ ...released, hidden_size: '256' }, '\'hidden_size\' is "256", expected a positive integer'],
    [{ ...released, id2label: ['a'] }, '\'id2label\' is ["a"], expected an object'],
    [
      { ...released, position_embedding_type: 'relative_key' },
      '\'position_embedding_type\' is "relative_key", expected "absolute"',
    ],
    [[], 'found [], expected an object'],
    [null, 'found null, expected an object'],
  ])('refuses %j', (json, message) => {
    expect(() => albertConfigFromJson(json)).toThrow(message);
  });
});
