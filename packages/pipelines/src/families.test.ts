// BERT and ELECTRA through the pipelines, on both engines: the answers are those of the model itself, called alone.

import {
  BertForMaskedLM,
  BertForSequenceClassification,
  BertForTokenClassification,
  BertModel,
  bertConfig,
  bertDiscriminator,
  bertGenerator,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraModel,
  electraConfig,
  electraDiscriminator,
  electraGenerator,
} from '@alectra/bert';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { close } from './close.test-support.js';
import {
  detectReplaced,
  type FilledMask,
  featureExtraction,
  fillMask,
  type LabelledToken,
  textClassification,
  tokenClassification,
} from './index.js';
import { ready, tokenizer } from './models.test-support.js';

const sizes = {
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 16,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 32,
  maxPositionEmbeddings: 40,
  initializerRange: 0.5,
  numLabels: 3,
  id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' },
};
const bert = bertConfig(sizes);
const electra = electraConfig({ ...sizes, embeddingSize: 8 });
const seed = { seed: 3 };
const texts = ['the cat [MASK] on a mat .', 'they [MASK]', 'a very big red dog was in [MASK] log'];

tf.env().set('IS_TEST', true); // models are made before the first test
beforeAll(ready);

/** A model's outputs for one text without padding. */
function alone<Outputs>(
  model: { call(inputs: { readonly inputIds: tf.Tensor2D }): Outputs },
  text: string,
): { readonly ids: Int32Array; readonly outputs: Outputs } {
  const { ids } = tokenizer.encode(text);
  return { ids, outputs: model.call({ inputIds: tf.tensor2d(ids, [1, ids.length], 'int32') }) };
}

const rows = (logits: tf.Tensor): number[][] =>
  tf.softmax(tf.reshape(logits, [-1, logits.shape[logits.rank - 1]])).arraySync() as number[][];
/** Places of the largest values, best first. */
const best = (values: readonly number[], count: number): number[] =>
  [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, count);

describe.each(['eager', 'onnxruntime'] as const)('on %s', (engine) => {
  const shared = { tokenizer, engine, threads: 1 } as const;

  test.each([
    ['BERT', BertForMaskedLM.init(bert, seed), bertGenerator(bert)],
    ['ELECTRA', ElectraForMaskedLM.init(electra, seed), electraGenerator(electra)],
  ] as const)('%s fills masks', async (_, model, generator) => {
    const fill = await fillMask({ model: { ...model, ...generator }, ...shared });
    const answers = (await fill.call(texts)) as FilledMask[][];
    fill.dispose();
    for (const [at, text] of texts.entries()) {
      const { ids, outputs } = alone<{ readonly logits: tf.Tensor }>(model, text);
      const scores = rows(outputs.logits)[ids.indexOf(tokenizer.tokenToId('[MASK]') ?? -1)];
      const expected = best(scores, 5).map((token) => ({ token, score: scores[token] }));
      const found = answers[at].map(({ token, score }) => ({ token, score }));
      expect(close(found, expected)).toEqual([]);
    }
  });

  test.each([
    ['BERT', BertForSequenceClassification.init(bert, seed), BertForSequenceClassification],
    [
      'ELECTRA',
      ElectraForSequenceClassification.init(electra, seed),
      ElectraForSequenceClassification,
    ],
  ] as const)('%s classifies texts', async (_, model, { forward }) => {
    const classify = await textClassification({ model: { ...model, forward }, ...shared });
    const answers = await classify.call(texts, { topK: null });
    classify.dispose();
    for (const [at, text] of texts.entries()) {
      const [scores] = rows(alone<{ readonly logits: tf.Tensor }>(model, text).outputs.logits);
      const expected = best(scores, 3).map((label) => ({
        label: Object.values(sizes.id2label)[label],
        score: scores[label],
      }));
      expect(close(answers[at], expected)).toEqual([]);
    }
  });

  test.each([
    ['BERT', BertForTokenClassification.init(bert, seed), BertForTokenClassification],
    ['ELECTRA', ElectraForTokenClassification.init(electra, seed), ElectraForTokenClassification],
  ] as const)('%s classifies tokens', async (_, model, { forward }) => {
    const classify = await tokenClassification({ model: { ...model, forward }, ...shared });
    const answers = (await classify.call(texts, { ignoreLabels: [] })) as LabelledToken[][];
    classify.dispose();
    for (const [at, text] of texts.entries()) {
      const { logits } = alone<{ readonly logits: tf.Tensor }>(model, text).outputs;
      const expected = rows(logits)
        .slice(1, -1)
        .map((scores) => Math.max(...scores));
      expect(
        close(
          answers[at].map(({ score }) => score),
          expected,
        ),
      ).toEqual([]);
    }
  });

  const two = bertConfig({ ...sizes, numLabels: 2, id2label: undefined });
  test.each([
    ['BERT', BertForTokenClassification.init(two, seed), bertDiscriminator(two)],
    ['ELECTRA', ElectraForPreTraining.init(electra, seed), electraDiscriminator(electra)],
  ] as const)('%s detects replaced tokens', async (_, model, discriminator) => {
    const detect = await detectReplaced({ model: { ...model, ...discriminator }, ...shared });
    const answers = await detect.call(texts);
    detect.dispose();
    for (const [at, text] of texts.entries()) {
      const { logits } = alone<{ readonly logits: tf.Tensor }>(model, text).outputs;
      // ELECTRA's one logit, or the second of BERT's two labels
      const all =
        logits.rank === 2
          ? [...tf.sigmoid(logits).dataSync()]
          : rows(logits).map(([, replaced]) => replaced);
      const found = answers[at].map(({ score }) => score);
      expect(close(found, all.slice(1, -1))).toEqual([]);
    }
  });

  test.each([
    ['BERT', BertModel.init(bert, seed), BertModel],
    ['ELECTRA', ElectraModel.init(electra, seed), ElectraModel],
  ] as const)('%s extracts features', async (_, model, { forward }) => {
    const extract = await featureExtraction({ model: { ...model, forward }, ...shared });
    const answers = await extract.call(texts);
    extract.dispose();
    for (const [at, text] of texts.entries()) {
      const { outputs } = alone<{ readonly lastHiddenState: tf.Tensor }>(model, text);
      expect(close(answers[at], outputs.lastHiddenState.arraySync())).toEqual([]);
    }
  });
});
