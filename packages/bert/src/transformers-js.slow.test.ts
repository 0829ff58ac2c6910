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
import * as albert from '../../albert/src/models.js';
import { trainWordPiece, WordPieceTokenizer } from '../../wordpiece/src/index.js';
import { bertConfig, electraConfig } from './config.js';
import { bertModels, electraModels } from './families.js';
import * as bert from './models.js';

const families = [albertModels, bertModels, electraModels];
/** Each head that transformers.js has a pipeline for, in every family. */
const CLASSES = {
  albert: {
    config: albertConfig,
    fill: albert.AlbertForMaskedLM,
    base: albert.AlbertModel,
    classify: albert.AlbertForSequenceClassification,
    answer: albert.AlbertForQuestionAnswering,
  },
  bert: {
    config: bertConfig,
    fill: bert.BertForMaskedLM,
    base: bert.BertModel,
    classify: bert.BertForSequenceClassification,
    answer: bert.BertForQuestionAnswering,
  },
  electra: {
    config: electraConfig,
    fill: bert.ElectraForMaskedLM,
    base: bert.ElectraModel,
    classify: bert.ElectraForSequenceClassification,
    answer: bert.ElectraForQuestionAnswering,
  },
} as const;
const HEADS = ['fill', 'base', 'classify', 'answer'] as const;
type Family = keyof typeof CLASSES;
type Head = (typeof HEADS)[number];
const FAMILIES = Object.keys(CLASSES) as Family[];
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

const at = (family: Family, head: Head): string => join(root, `${family}-${head}`);

(isInstalled ? describe : describe.skip)(`transformers.js ${VERSION}`, () => {
  let tokenizer: WordPieceTokenizer;
  const answers = new Map<string, unknown>();

  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerKernels();
    tokenizer = WordPieceTokenizer.fromVocab(trainWordPiece(TEXT, { vocabSize: 120 }));
    const folders: string[] = [];
    for (const family of FAMILIES) {
      for (const head of HEADS) {
        const folder = at(family, head);
        await save(family, head, folder);
        await tokenizer.save(folder);
        await saveOnnx(folder, await modelFromPretrained(folder, { families }), exportOnnx);
        folders.push(folder);
      }
    }
    const requests = {
      fill: { task: 'fill-mask', args: [MASKED] },
      base: { task: 'feature-extraction', args: [TEXT] },
      classify: { task: 'text-classification', args: [TEXT, { top_k: 2 }] },
      answer: { task: 'question-answering', args: [QUESTION, TEXT[0]] },
    };
    const given = folders.map((folder, i) => ({ ...requests[HEADS[i % HEADS.length]], folder }));
    for (const [i, answer] of ask(given).entries()) answers.set(folders[i], answer);
  }, 600_000);

  /** A random model of the class, two labels wide. */
  async function save(family: Family, head: Head, folder: string): Promise<void> {
    const { config, [head]: kind } = CLASSES[family];
    const sizes = {
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 16,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      intermediateSize: 32,
      maxPositionEmbeddings: 96,
      initializerRange: 0.3,
      id2label: { 0: 'BAD', 1: 'GOOD' },
    };
    // A class takes the config of its own family, beside which it stands.
    const init = kind.init as (config: object, options: { seed: number }) => bert.BertModel;
    const model = init(config(sizes), { seed: 3 });
    await model.savePretrained(folder);
    model.dispose();
  }

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

  test.each(FAMILIES)('fill-mask gives our tokens and scores: %s', async (family) => {
    const model = await CLASSES[family].fill.fromPretrained(at(family, 'fill'));
    const batch = batchOf([MASKED]);
    const ids = [...batch.inputIds.dataSync()];
    const place = ids.indexOf(tokenizer.tokenToId('[MASK]') as number);
    const [scores] = tf.softmax(model.call(batch).logits).arraySync() as number[][][];
    const best = [...scores[place].entries()].sort(([, a], [, b]) => b - a).slice(0, 5);
    expect(answers.get(at(family, 'fill'))).toEqual(
      best.map(([token, score]) =>
        expect.objectContaining({ token, score: expect.closeTo(score, 5) }),
      ),
    );
  });

  test.each(FAMILIES)('feature-extraction gives our hidden states: %s', async (family) => {
    const model = await CLASSES[family].base.fromPretrained(at(family, 'base'));
    const { lastHiddenState } = model.call(batchOf(TEXT));
    const theirs = tf.tensor(answers.get(at(family, 'base')) as number[][][]);
    expect(theirs.shape).toEqual(lastHiddenState.shape);
    expect(tf.max(tf.abs(tf.sub(theirs, lastHiddenState))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test.each(FAMILIES)('text-classification gives our labels and scores: %s', async (family) => {
    const model = await CLASSES[family].classify.fromPretrained(at(family, 'classify'));
    const scores = tf.softmax(model.call(batchOf(TEXT)).logits).arraySync() as number[][];
    const expected = scores.map((row) =>
      [...row.entries()]
        .sort(([, a], [, b]) => b - a)
        .map(([id, score]) => ({ label: ['BAD', 'GOOD'][id], score: expect.closeTo(score, 5) })),
    );
    expect(answers.get(at(family, 'classify'))).toEqual(expected);
  });

  test.each(FAMILIES)('question-answering gives our span and score: %s', async (family) => {
    const model = await CLASSES[family].answer.fromPretrained(at(family, 'answer'));
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
    expect(answers.get(at(family, 'answer'))).toEqual({
      answer: tokenizer.decode(ids.slice(best.from, best.to + 1), { skipSpecialTokens: true }),
      score: expect.closeTo(best.score, 5),
    });
  });
});
