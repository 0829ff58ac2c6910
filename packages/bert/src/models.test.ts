import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parameterCount, registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { B, batch, inputIds, S, SIZES } from '../../albert/src/tiny-batch.test-support.js';
import {
  bertConfig,
  bertConfigFromJson,
  bertConfigToJson,
  electraConfig,
  electraConfigFromJson,
  electraConfigToJson,
} from './config.js';
import {
  bertDiscriminator,
  bertGenerator,
  electraDiscriminator,
  electraGenerator,
} from './electra-task.js';
import * as models from './models.js';
import {
  BertForMaskedLM,
  BertForTokenClassification,
  BertModel,
  ElectraForMaskedLM,
  ElectraForPreTraining,
  ElectraForSequenceClassification,
  ElectraGoogleClassifier,
  ElectraModel,
} from './models.js';
import { BERT_PRESETS, bertPreset, ELECTRA_PRESETS, electraPreset } from './presets.js';

const bert = bertConfig(SIZES);
const electra = electraConfig({ ...SIZES, embeddingSize: 4 });

tf.env().set('IS_TEST', true);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
  folder = await mkdtemp(join(tmpdir(), 'bert-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('parameter counts', () => {
  // Published and recomputed with transformers (fixtures/counts.json).
  test.each([
    ['BertModel', parameterCount(BertModel.layout(bertPreset('bert-base-uncased'))), 109_482_240],
    ['BertModel small', parameterCount(BertModel.layout(bertPreset('bert-small-owt'))), 17_390_336],
    [
      'ElectraModel',
      parameterCount(ElectraModel.layout(electraPreset('electra-small'))),
      13_483_008,
    ],
    [
      'BertForMaskedLM generator',
      parameterCount(BertForMaskedLM.layout(bertPreset('bert-small-owt-generator'))),
      9_131_578,
    ],
    [
      'ElectraForMaskedLM generator 1/4',
      parameterCount(ElectraForMaskedLM.layout(electraPreset('electra-small-quarter-generator'))),
      4_620_026,
    ],
    [
      'ElectraForPreTraining',
      parameterCount(ElectraForPreTraining.layout(electraPreset('electra-small'))),
      13_549_057,
    ],
    [
      "Google's classifier",
      parameterCount(ElectraGoogleClassifier.layout(electraPreset('electra-small'))),
      13_483_522,
    ],
  ])('%s: %d', (_, count, expected) => expect(count).toBe(expected));

  test('of every preset and class are those of Hugging Face', async () => {
    const fixture = new URL('../fixtures/counts.json', import.meta.url);
    const { presets } = JSON.parse(await readFile(fixture, 'utf8'));
    const kinds = Object.values(models);
    const count = (preset: string, kind: (typeof kinds)[number]): number =>
      // Both families' layouts read their own config; the preset's name says which it is.
      parameterCount(
        (kind.layout as (config: object) => ReturnType<typeof BertModel.layout>)(
          preset.startsWith('bert')
            ? bertPreset(preset as (typeof BERT_PRESETS)[number])
            : electraPreset(preset as (typeof ELECTRA_PRESETS)[number]),
        ),
      );
    const ours = Object.fromEntries(
      [...BERT_PRESETS, ...ELECTRA_PRESETS].map((preset) => [
        preset,
        Object.fromEntries(
          kinds
            .filter(({ architecture }) => architecture in presets[preset])
            .map((kind) => [kind.architecture, count(preset, kind)]),
        ),
      ]),
    );
    expect(ours).toEqual(presets);
  });
});

test("Google's classifier is one linear layer on the state of the first position", () => {
  const model = ElectraGoogleClassifier.init(electraConfig({ ...electra, numLabels: 3 }), {
    seed: 2,
  });
  const body = Object.fromEntries(
    Object.entries(model.params).map(([name, tensor]) => [name.replace(/^electra\./, ''), tensor]),
  );
  const { lastHiddenState } = ElectraModel.forward(body, electra, batch);
  const first = tf.reshape(tf.slice(lastHiddenState, [0, 0, 0], [B, 1, 8]), [B, 8]);
  const { 'classifier.weight': weight, 'classifier.bias': bias } = model.params;
  const expected = tf.add(tf.matMul(first, weight, false, true), bias);
  const { logits } = model.call({ inputIds });
  expect(logits.shape).toEqual([B, 3]);
  expect(tf.max(tf.abs(tf.sub(logits, expected))).dataSync()[0]).toBeLessThan(1e-6);
});

describe('networks of replaced-token detection', () => {
  const positions = tf.tensor2d(
    [
      [0, 3, 3],
      [4, 1, 0],
    ],
    [B, 3],
    'int32',
  );

  test.each([
    ['BERT', () => bertGenerator(bert), BertForMaskedLM.init(bert, { seed: 1 })],
    ['ELECTRA', () => electraGenerator(electra), ElectraForMaskedLM.init(electra, { seed: 1 })],
  ])("%s's generator gives the rows of the full logits", (_, generator, model) => {
    const all = model.call({ inputIds }).logits.arraySync();
    const some = generator().logitsAt(model.params, batch, positions).arraySync();
    const rows = positions.arraySync();
    for (let b = 0; b < B; b++)
      for (let k = 0; k < 3; k++)
        for (let v = 0; v < SIZES.vocabSize; v++)
          expect(some[b][k][v]).toBeCloseTo(all[b][rows[b][k]][v], 6);
  });

  test('discriminators give one logit, or one for each label', () => {
    const one = ElectraForPreTraining.init(electra, { seed: 1 });
    expect(electraDiscriminator(electra).tokenLogits(one.params, batch).shape).toEqual([B, S]);
    for (const [numLabels, shape] of [
      [1, [B, S]],
      [2, [B, S, 2]],
    ] as const) {
      const config = bertConfig({ ...SIZES, numLabels });
      const { params } = BertForTokenClassification.init(config, { seed: 1 });
      expect(bertDiscriminator(config).tokenLogits(params, batch).shape).toEqual(shape);
    }
  });

  test('dropout changes the result of training only', () => {
    const { params } = ElectraForPreTraining.init(electra, { seed: 1 });
    const run = (dropout?: { seed: tf.Scalar; counter: tf.Scalar }): number[] => [
      ...electraDiscriminator(electra).tokenLogits(params, batch, { dropout }).dataSync(),
    ];
    const key = { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') };
    expect(run()).toEqual(run());
    expect(run(key)).toEqual(run(key));
    expect(run(key)).not.toEqual(run());
  });
});

describe('folders', () => {
  test('a discriminator becomes a classifier, with its unused head reported', async () => {
    const path = join(folder, 'electra');
    const discriminator = ElectraForPreTraining.init(electra, { seed: 1 });
    await discriminator.savePretrained(path);
    const model = await ElectraForSequenceClassification.fromPretrained(path);
    expect(model.loading).toEqual({
      missing: [
        'classifier.dense.weight',
        'classifier.dense.bias',
        'classifier.out_proj.weight',
        'classifier.out_proj.bias',
      ],
      unexpected: [
        'discriminator_predictions.dense.bias',
        'discriminator_predictions.dense.weight',
        'discriminator_predictions.dense_prediction.bias',
        'discriminator_predictions.dense_prediction.weight',
      ],
    });
    const name = 'electra.embeddings_project.weight';
    expect(model.params[name].dataSync()).toEqual(discriminator.params[name].dataSync());
  });

  test('a name is looked up in the cache of the hub', async () => {
    const commit = 'c'.repeat(40);
    const repository = join(folder, 'models--org--small');
    const model = BertModel.init(bert, { seed: 4 });
    // all that is asked for, so that nothing is unknown
    const tokenizer = ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json'];
    const rest = ['special_tokens_map.json', 'added_tokens.json', 'merges.txt'];
    const files = Object.fromEntries([...tokenizer, ...rest].map((name) => [name, '{}']));
    await model.savePretrained(join(repository, 'snapshots', commit), { files });
    await mkdir(join(repository, 'refs'));
    await writeFile(join(repository, 'refs/main'), commit);

    const hub = { cache: folder, offline: true };
    const again = await BertModel.fromPretrained('org/small', { hub });
    expect(again.loading).toEqual({ missing: [], unexpected: [] });
    const name = 'embeddings.word_embeddings.weight';
    expect(again.params[name].dataSync()).toEqual(model.params[name].dataSync());
    await expect(BertModel.fromPretrained('org/small')).rejects.toThrow('no hub is configured');
  });

  test('an ELECTRA folder is not a BERT', async () => {
    const path = join(folder, 'wrong');
    await ElectraForPreTraining.init(electra, { seed: 1 }).savePretrained(path);
    await expect(BertModel.fromPretrained(path)).rejects.toThrow(
      'bert: cannot read the config: \'model_type\' is "electra", expected "bert".',
    );
  });
});

describe('configs', () => {
  test('have the defaults of Hugging Face', () => {
    expect(bertConfig()).toMatchObject({ hiddenSize: 768, hiddenAct: 'gelu', padTokenId: 0 });
    expect(electraConfig()).toMatchObject({ hiddenSize: 256, embeddingSize: 128 });
  });

  test('come back from config.json, with unknown keys', () => {
    const json = {
      ...electraConfigToJson(electra, 'ElectraForPreTraining'),
      summary_type: 'first',
      classifier_dropout: 0.2,
    };
    const config = electraConfigFromJson(json);
    expect(config).toEqual({
      ...electra,
      classifierDropout: 0.2,
      other: { summary_type: 'first' },
    });
    expect(electraConfigToJson(config, 'ElectraForPreTraining')).toEqual(json);
    expect(bertConfigFromJson(bertConfigToJson(bert))).toEqual(bert);
  });

  test('refuse what does not fit', () => {
    expect(() => bertConfig({ hiddenSize: 10, numAttentionHeads: 4 })).toThrow(
      "bert: cannot use the config: 'hiddenSize' is 10, expected a multiple of 'numAttentionHeads', 4.",
    );
    expect(() => electraConfig({ vocabSize: 5, padTokenId: 5 })).toThrow("'padTokenId' is 5");
    expect(() => bertConfigFromJson({ ...bertConfigToJson(bert), is_decoder: true })).toThrow(
      "bert: cannot use the config: 'is_decoder' is true, expected false.",
    );
    // @ts-expect-error: no such preset
    expect(() => bertPreset('bert-tiny')).toThrow("bert: no preset 'bert-tiny'");
  });
});
