// 200 steps of fine-tuning on CoLA beside PyTorch: same first weights, same batches, dropout 0.
//
// Needs Python with torch and transformers (ALECTRA_PYTHON) and the data of GLUE with a vocab.txt of BERT
// (ALECTRA_TEST_DATA, or ../shared/data); skipped without.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AlbertForSequenceClassification, albertConfig } from '@alectra/albert';
import {
  type Batch,
  batchTensors,
  chooseWidths,
  encodeExamples,
  evaluationBatches,
  finetuneTask,
  glueTasks,
  readSplit,
  recipes,
  type SentenceEncoder,
  trainingBatches,
} from '@alectra/glue';
import { registerGradients, registerKernels } from '@alectra/nn';
import { adamw, schedule } from '@alectra/optim';
import { compilePrograms } from '@alectra/trainer';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { heldOut, trainingShapes } from './held-out.js';

tf.env().set('IS_TEST', true);

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DATA = process.env.ALECTRA_TEST_DATA ?? join(ROOT, '../shared/data');
const VOCABULARY = join(DATA, 'vocab/bert-base-uncased-vocab.txt');
const PYTHON = process.env.ALECTRA_PYTHON;
const STEPS = 200;
const BATCH = 32;

const given = PYTHON !== undefined && existsSync(VOCABULARY) ? test : test.skip;

given(
  `${STEPS} steps on CoLA have the losses of PyTorch within 1e-3, and its answers`,
  async () => {
    registerKernels('cpu');
    registerGradients();
    const tokenizer = WordPieceTokenizer.fromVocab(readFileSync(VOCABULARY));
    const config = albertConfig({
      ...{ vocabSize: tokenizer.vocabSize, embeddingSize: 64, hiddenSize: 128 },
      ...{ numHiddenLayers: 4, numAttentionHeads: 2, intermediateSize: 512 },
      ...{ maxPositionEmbeddings: 64, classifierDropoutProb: 0, initializerRange: 0.05 },
    });
    const read = async (split: 'train' | 'validation') =>
      encodeExamples(tokenizer, await readSplit(join(DATA, 'glue'), glueTasks.cola, split), {
        maxLength: 64,
      });
    const [train, validation] = [await read('train'), await read('validation')];
    const widths = chooseWidths([...train, ...validation].map(({ ids }) => ids.length));
    const shape = { batchSize: BATCH, widths };
    const batches = trainingBatches(train, { ...shape, seed: 1, epoch: 0 })
      .filter(({ examples }) => examples.length === BATCH)
      .slice(0, STEPS);
    const heldOutBatches = evaluationBatches(validation, shape);
    const rate = schedule({
      ...{ shape: 'piecewise', peakLearningRate: 2e-4, warmupSteps: 20, totalSteps: 2 * STEPS },
    });
    const { epsilon } = recipes.huggingface;

    const folder = mkdtempSync(join(tmpdir(), 'evaluate-parity-'));
    try {
      const model = AlbertForSequenceClassification.init(config, { seed: 1 });
      await model.savePretrained(folder);
      model.dispose();
      const steps = batches.map((batch, i) => ({ ...plain(batch), learningRate: rate(i) }));
      writeFileSync(
        join(folder, 'case.json'),
        JSON.stringify({ epsilon, steps, validation: heldOutBatches.map(plain) }),
      );
      const script = join(ROOT, 'tools/reference/glue_finetune.py');
      execFileSync(PYTHON as string, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] }); // tested above
      const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as {
        losses: number[];
        logits: number[][];
      };

      const encoder: SentenceEncoder = {
        logits: (params, inputs, options) =>
          AlbertForSequenceClassification.forward(params, config, inputs, options).logits,
      };
      const layout = { ...shape, padId: 0, isRegression: false };
      const nothing = () => ({ score: null, scores: {} });
      const sets = heldOut({ validation }, { encoder, ...layout, score: nothing });
      const programs = await compilePrograms(
        {
          task: finetuneTask({ encoder, isRegression: false }),
          optimizer: adamw({ weightDecay: 0, epsilon, biasCorrection: true }),
          ...{ maxGradientNorm: 1, accumulation: 1, engine: 'onnxruntime' },
          inputs: trainingShapes(layout),
          evaluation: sets.evaluation,
        },
        { parameters: AlbertForSequenceClassification.initialTensors(config, { seed: 1 }) },
      );
      let furthest = 0;
      for (const [step, batch] of batches.entries()) {
        const { loss, applied } = await programs.step(
          async () => ({ ...batchTensors(batch, layout) }),
          { seed: 1, step, learningRate: rate(step), limits: { loss: 1e9, norm: 1e9 } },
        );
        expect(applied).toBe(true);
        furthest = Math.max(furthest, Math.abs(loss / reference.losses[step] - 1));
      }
      expect(furthest).toBeLessThan(1e-3);

      await programs.evaluate(1);
      programs.dispose();
      const predicted = sets.predictions()?.validation ?? [];
      // Python answered batch after batch
      const places = new Map(validation.map((example, place) => [example, place]));
      const logits = heldOutBatches
        .flatMap(({ examples }) => examples)
        .map((example) => predicted[places.get(example) as number]); // every example is of the list
      expect(logits.length).toBe(1043);
      const clear = reference.logits.map(([a, b]) => Math.abs(a - b) > 1e-2);
      expect(clear.filter(Boolean).length).toBeGreaterThan(500);
      const answer = ([a, b]: readonly number[]): number => (b > a ? 1 : 0);
      for (const [row, isClear] of clear.entries())
        if (isClear) expect(answer(logits[row])).toBe(answer(reference.logits[row]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  15 * 60_000,
);

/** Rows of a batch for Python, without filled ones. */
function plain(batch: Batch): Record<string, unknown> {
  const { examples, width } = batch;
  const tensors = batchTensors(
    { ...batch, rows: examples.length },
    { padId: 0, isRegression: false },
  );
  const rows = (data: ArrayLike<number>): number[][] =>
    examples.map((_, row) => Array.from(data).slice(row * width, (row + 1) * width));
  return {
    inputIds: rows(tensors.inputIds.data),
    attentionMask: rows(tensors.attentionMask.data),
    tokenTypeIds: rows(tensors.tokenTypeIds.data),
    labels: Array.from(tensors.labels.data),
  };
}
