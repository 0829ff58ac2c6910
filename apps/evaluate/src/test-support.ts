// The whole program on texts and a network so small that a run takes seconds.

import '@tensorflow/tfjs';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AlbertForTokenClassification, albertConfig } from '@alectra/albert';
import { type Recipe, recipes } from '@alectra/glue';
import { readMetrics, timeFields } from '@alectra/trainer';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import type { Console } from './console.js';
import type { EvaluateOptions } from './evaluate.js';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

const NOUNS = ['cat', 'dog', 'bird', 'friend', 'house', 'tree'];
const VERBS = ['sees', 'likes', 'follows', 'finds', 'wants'];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const VOCABULARY = [...SPECIAL, ...NOUNS, ...VERBS, 'the', 'not', 'no', 'a'];

/** Makes a folder with model/ and glue/; the caller removes it. */
export async function tinyProject(): Promise<{ root: string; model: string; data: string }> {
  const root = mkdtempSync(join(tmpdir(), 'evaluate-'));
  const model = join(root, 'tiny');
  await writeTinyModel(model);
  const data = join(root, 'glue');
  mkdirSync(join(data, 'CoLA'), { recursive: true });
  mkdirSync(join(data, 'STS-B'), { recursive: true });
  // "not" before the verb is wrong
  const sentence = (i: number): string =>
    `the ${of(NOUNS, i)} ${i % 3 === 0 ? 'not ' : ''}${of(VERBS, i / 2)} ${i % 4 ? 'the' : 'a'} ${of(NOUNS, i / 3)}`;
  const cola = (from: number, to: number): string =>
    lines(from, to, (i) => `src\t${i % 3 === 0 ? 0 : 1}\t\t${sentence(i)}`);
  writeFileSync(join(data, 'CoLA/train.tsv'), cola(0, 150));
  writeFileSync(join(data, 'CoLA/dev.tsv'), cola(150, 190));
  // equal sentences are alike, others are not
  const head =
    'index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore';
  const pair = (i: number): string =>
    `${i}\tg\tf\t2012\t${i}\ta\tb\t${sentence(i)}\t${sentence(i % 2 ? i : i + 7)}\t${i % 2 ? 5 : 1}.0`;
  writeFileSync(join(data, 'STS-B/train.tsv'), `${head}\n${lines(0, 40, pair)}`);
  writeFileSync(join(data, 'STS-B/dev.tsv'), `${head}\n${lines(40, 60, pair)}`);
  return { root, model, data };
}

const of = (words: readonly string[], at: number): string => words[Math.floor(at) % words.length];

function lines(from: number, to: number, line: (i: number) => string): string {
  return Array.from({ length: to - from }, (_, i) => `${line(from + i)}\n`).join('');
}

/** A pretraining checkpoint: a discriminator with two labels, without pooler. */
async function writeTinyModel(folder: string): Promise<void> {
  const config = albertConfig({
    ...{ vocabSize: VOCABULARY.length, embeddingSize: 16, hiddenSize: 32, numHiddenLayers: 2 },
    ...{ numAttentionHeads: 2, intermediateSize: 64, maxPositionEmbeddings: 32 },
    ...{ hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0.1, initializerRange: 0.1 },
  });
  const model = AlbertForTokenClassification.init(config, { seed: 3 });
  await model.savePretrained(folder);
  model.dispose();
  await WordPieceTokenizer.fromVocab(VOCABULARY).save(folder);
}

/** A console that remembers what was said. */
export function listening(): Console & { readonly said: string[]; steps: number } {
  const said: string[] = [];
  return {
    said,
    steps: 0,
    say: (text) => void said.push(text),
    step() {
      this.steps++;
    },
    end: () => undefined,
  };
}

const RECIPE: Recipe = { ...recipes.electra, layerwiseDecay: 1 };

/** Options for a short evaluation; one thread, so that bits are the same everywhere. */
export function tinyOptions(
  project: { readonly model: string; readonly data: string },
  out: string,
): EvaluateOptions & { readonly console: ReturnType<typeof listening> } {
  return {
    ...{ model: project.model, data: project.data, out, source: {}, anySize: true },
    ...{ tasks: ['cola'], seeds: [1], recipe: RECIPE, fromScratch: false },
    settings: { epochs: 4, batchSize: 16, learningRate: 2e-3 },
    ...{ evaluationsPerEpoch: 0.5, keep: 'last', engine: 'onnxruntime', threads: 1 },
    precision: 'float32',
    checkpointSeconds: 60,
    signal: new AbortController().signal,
    console: listening(),
  };
}

/** What must be equal in two runs of the same bits. */
export async function outcome(run: string): Promise<Record<string, unknown>> {
  const metrics = (await readMetrics(join(run, 'metrics.jsonl'))).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
  );
  const files = ['predictions.json', 'model/model.safetensors'].map((name) => [
    name,
    readFileSync(join(run, name)).toString('base64'),
  ]);
  return { metrics, ...Object.fromEntries(files) };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs main.ts in a process of its own. `watch` is called with each piece of what it says on stderr. */
export function runProgram(
  args: readonly string[],
  watch: (child: ChildProcess, text: string) => void = () => undefined,
): Promise<Ended> {
  const node = ['--import', 'tsx', '--conditions=@alectra/source', MAIN];
  const child = spawn(process.execPath, [...node, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
    watch(child, chunk.toString());
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, output, errors })),
  );
}
