// transformers.js loads what we export and answers like us. Installs it beside this machine's own ONNX Runtime into a
// temporary folder; shown as skipped where the registry cannot be reached.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelFromPretrained, saveOnnx } from '@alectra/checkpoint';
import { exportOnnx } from '@alectra/jit';
import { registerKernels } from '@alectra/nn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { albertConfig } from '../../albert/src/config.js';
import { albertModels } from '../../albert/src/family.js';
import { AlbertForMaskedLM, AlbertModel } from '../../albert/src/models.js';
import { trainWordPiece, WordPieceTokenizer } from '../../wordpiece/src/index.js';
import { bertConfig, electraConfig } from './config.js';
import { bertModels, electraModels } from './families.js';
import { BertForQuestionAnswering, ElectraForSequenceClassification } from './models.js';

const VERSION = '4.3.1';
const script = fileURLToPath(
  new URL('../../../tools/reference/bert_transformers_js.mjs', import.meta.url),
);
const TEXT = [
  'the old bird watches the river while the children are playing near the water.',
  'in winter the roads are covered with snow and the farmers stay at home.',
];
const MASKED = 'the old [MASK] watches the river.';
const QUESTION = 'what does the bird watch?';

tf.env().set('IS_TEST', true);
const root = mkdtempSync(join(tmpdir(), 'transformers-js-'));
const install = join(root, 'install');
const isInstalled = installTransformers();
afterAll(() => rmSync(root, { recursive: true }));

/** transformers.js with the ONNX Runtime that is here, and nothing in place of what it has for browsers and images. */
function installTransformers(): boolean {
  const here = createRequire(import.meta.url);
  const folderOf = (name: string): string => {
    const file = here.resolve(name);
    return file.slice(0, file.lastIndexOf(`/${name}/`) + name.length + 1);
  };
  const stub = join(install, 'stub');
  mkdirSync(stub, { recursive: true });
  const stubbed = { version: '1.0.0', type: 'module', exports: { '.': './i.js', './*': './i.js' } };
  writeFileSync(join(stub, 'package.json'), JSON.stringify({ name: 'stub', ...stubbed }));
  writeFileSync(join(stub, 'i.js'), 'export const env = {};\nexport default {};\n');
  const runtime = `file:${folderOf('onnxruntime-node')}`;
  const content = {
    private: true,
    dependencies: {
      '@huggingface/transformers': VERSION,
      'onnxruntime-common': `file:${folderOf('onnxruntime-common')}`,
    },
    overrides: {
      'onnxruntime-node': runtime,
      'onnxruntime-web': 'file:./stub',
      sharp: 'file:./stub',
    },
  };
  writeFileSync(join(install, 'package.json'), JSON.stringify(content));
  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    execFileSync('npm', ['install', ...flags], { cwd: install, stdio: 'ignore', timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}

function ask(requests: readonly { task: string; folder: string; args: unknown[] }[]): unknown[] {
  const text = execFileSync(process.execPath, [script], {
    cwd: install,
    input: JSON.stringify(requests),
    encoding: 'utf8',
    stdio: 'pipe', // what it writes to the error stream becomes the error's text
  });
  return JSON.parse(text);
}

(isInstalled ? describe : describe.skip)(`transformers.js ${VERSION}`, () => {
  const at = (name: string): string => join(root, name);
  let tokenizer: WordPieceTokenizer;
  let answers: unknown[];

  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerKernels();
    tokenizer = WordPieceTokenizer.fromVocab(trainWordPiece(TEXT, { vocabSize: 120 }));
    const sizes = {
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 16,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      intermediateSize: 32,
      maxPositionEmbeddings: 96,
      initializerRange: 0.3,
    };
    const albert = albertConfig({ ...sizes, embeddingSize: 8 });
    const electra = electraConfig({
      ...sizes,
      embeddingSize: 8,
      id2label: { 0: 'BAD', 1: 'GOOD' },
    });
    const seed = { seed: 3 };
    const made = {
      fill: AlbertForMaskedLM.init(albert, seed),
      base: AlbertModel.init(albert, seed),
      classify: ElectraForSequenceClassification.init(electra, seed),
      answer: BertForQuestionAnswering.init(bertConfig(sizes), seed),
    };
    const families = [albertModels, bertModels, electraModels];
    for (const [name, model] of Object.entries(made)) {
      await model.savePretrained(at(name));
      await tokenizer.save(at(name));
      await saveOnnx(at(name), await modelFromPretrained(at(name), { families }), exportOnnx);
    }
    answers = ask([
      { task: 'fill-mask', folder: at('fill'), args: [MASKED] },
      { task: 'feature-extraction', folder: at('base'), args: [TEXT] },
      { task: 'text-classification', folder: at('classify'), args: [TEXT, { top_k: 2 }] },
      { task: 'question-answering', folder: at('answer'), args: [QUESTION, TEXT[0]] },
    ]);
  }, 300_000);

  /** Ids and segments of texts, as rows of one length. */
  function batchOf(texts: readonly string[], pair?: string) {
    const rows = texts.map((text) => tokenizer.encode(text, { pair }));
    const S = Math.max(...rows.map(({ ids }) => ids.length));
    const tensor = (values: (row: (typeof rows)[number]) => Int32Array): tf.Tensor2D =>
      tf.tensor2d(
        rows.flatMap((row) => Array.from({ length: S }, (_, s) => values(row)[s] ?? 0)),
        [rows.length, S],
        'int32',
      );
    return {
      inputIds: tensor(({ ids }) => ids),
      attentionMask: tensor((row) => row.attentionMask),
      tokenTypeIds: tensor((row) => row.typeIds),
    };
  }

  test('fill-mask gives our tokens and scores', async () => {
    const model = await AlbertForMaskedLM.fromPretrained(at('fill'));
    const batch = batchOf([MASKED]);
    const ids = [...batch.inputIds.dataSync()];
    const place = ids.indexOf(tokenizer.tokenToId('[MASK]') as number);
    const [scores] = tf.softmax(model.call(batch).logits).arraySync() as number[][][];
    const best = [...scores[place].entries()].sort(([, a], [, b]) => b - a).slice(0, 5);
    expect(answers[0]).toEqual(
      best.map(([token, score]) =>
        expect.objectContaining({ token, score: expect.closeTo(score, 5) }),
      ),
    );
  });

  test('feature-extraction gives our hidden states', async () => {
    const model = await AlbertModel.fromPretrained(at('base'));
    const { lastHiddenState } = model.call(batchOf(TEXT));
    const theirs = tf.tensor(answers[1] as number[][][]);
    expect(theirs.shape).toEqual(lastHiddenState.shape);
    expect(tf.max(tf.abs(tf.sub(theirs, lastHiddenState))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test('text-classification gives our labels and scores', async () => {
    const model = await ElectraForSequenceClassification.fromPretrained(at('classify'));
    const scores = tf.softmax(model.call(batchOf(TEXT)).logits).arraySync() as number[][];
    const expected = scores.map((row) =>
      [...row.entries()]
        .sort(([, a], [, b]) => b - a)
        .map(([id, score]) => ({ label: ['BAD', 'GOOD'][id], score: expect.closeTo(score, 5) })),
    );
    expect(answers[2]).toEqual(expected);
  });

  test('question-answering gives our span and score', async () => {
    const model = await BertForQuestionAnswering.fromPretrained(at('answer'));
    const batch = batchOf([QUESTION], TEXT[0]);
    const outputs = model.call(batch);
    const ids = [...batch.inputIds.dataSync()];
    const separator = tokenizer.tokenToId('[SEP]') as number;
    const first = ids.indexOf(separator) + 1;
    // as transformers.js: [CLS] and the context share the probability, the answer lies in the context
    const spread = ({ data }: { data: ArrayLike<number> }): number[] => {
      const open = Array.from(data, (logit, i) =>
        i === 0 || (i >= first && ids[i] !== separator) ? Math.exp(logit) : 0,
      );
      const total = open.reduce((sum, value) => sum + value, 0);
      return open.map((value, i) => (i === 0 ? 0 : value / total));
    };
    const start = spread({ data: outputs.startLogits.dataSync() });
    const end = spread({ data: outputs.endLogits.dataSync() });
    let best = { score: 0, from: 0, to: 0 };
    for (let from = 0; from < ids.length; from++)
      for (let to = from; to < ids.length; to++) {
        const score = start[from] * end[to];
        if (score > best.score) best = { score, from, to };
      }
    expect(answers[3]).toEqual({
      answer: tokenizer.decode(ids.slice(best.from, best.to + 1), { skipSpecialTokens: true }),
      score: expect.closeTo(best.score, 5),
    });
  });
});
