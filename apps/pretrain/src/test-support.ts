// The whole program on a text and networks so small that a run takes a second.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCheckpoint, readMetrics, timeFields } from '@alectra/trainer';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
export const STEPS = 40;

const RECIPE = {
  preset: 'quickstart',
  data: { sequenceLength: 16, heldOut: 0.1 },
  vocabulary: { size: 200 },
  model: { embeddingSize: 16, hiddenDropoutProb: 0.1 },
  generator: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 1, intermediateSize: 32 },
  discriminator: { hiddenSize: 16, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 32 },
  schedule: { steps: STEPS, warmupSteps: 4 },
  batch: { size: 8, microSize: 4 },
  intervals: { logSteps: 3, evaluateSteps: 8, checkpointSteps: 4, checkpointSeconds: 0 },
  evaluation: { examples: 32 },
  threads: 1,
};

/** Makes a folder with recipe.json and text.jsonl; the caller removes it. */
export function tinyProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'pretrain-'));
  writeFileSync(join(root, 'recipe.json'), JSON.stringify(RECIPE));
  writeFileSync(join(root, 'text.jsonl'), text());
  return root;
}

/** Flags that begin the tiny run of `root` in `folder`. */
export function tinyRun(root: string, folder: string): string[] {
  return [
    '--recipe',
    join(root, 'recipe.json'),
    '--text',
    join(root, 'text.jsonl'),
    '--out',
    folder,
  ];
}

/** Sentences of a small grammar, one document a line. */
function text(): string {
  const subjects = ['the cat', 'a dog', 'the old bird', 'my friend'];
  const verbs = ['sees', 'likes', 'follows', 'finds'];
  const of = (words: string[], at: number): string => words[Math.floor(at) % words.length] ?? '';
  const lines = Array.from({ length: 300 }, (_, i) => {
    const sentence = `${of(subjects, i)} ${of(verbs, i / 4)} ${of(subjects, i / 16)} number ${i}.`;
    return JSON.stringify({ text: `${sentence} ${sentence.toUpperCase()}` });
  });
  return `${lines.join('\n')}\n`;
}

/** train.tsv and dev.tsv of a CoLA in which "not" makes a sentence wrong. */
export function colaFiles(): Record<'train.tsv' | 'dev.tsv', string> {
  const subjects = ['the cat', 'the dog', 'the cat sees the dog'];
  const line = (i: number): string => {
    const isWrong = i % 3 === 0;
    return `src\t${isWrong ? 0 : 1}\t\t${subjects[i % 2]} ${isWrong ? 'not ' : ''}sees ${subjects[i % 3]}\n`;
  };
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
  return { 'train.tsv': lines(0, 40), 'dev.tsv': lines(40, 60) };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  /** What it wrote for people. */
  readonly errors: string;
}

/** Starts the program; `watch` may act on it whenever it writes to stderr. */
export function runProgram(
  flags: readonly string[],
  watch: (child: ChildProcess, errors: string) => void = () => undefined,
): Promise<Ended> {
  const node = ['--import', 'tsx', '--conditions=@alectra/source', MAIN, ...flags];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
    watch(child, errors);
  });
  watch(child, errors);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
}

/** Everything that must be the same in two runs with the same bits. */
export interface Outcome {
  readonly parameters: object;
  readonly optimizer: object;
  readonly lines: readonly object[];
  readonly exported: readonly string[];
}

export async function outcome(folder: string): Promise<Outcome> {
  const last = join(folder, `checkpoints/step-${String(STEPS).padStart(6, '0')}`);
  const { parameters, optimizer } = await readCheckpoint(last);
  const lines = (await readMetrics(join(folder, 'metrics.jsonl'))).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
  );
  const exported = ['generator', 'discriminator'].map((network) =>
    readFileSync(join(folder, 'model', network, 'model.safetensors')).toString('hex'),
  );
  return { parameters, optimizer, lines, exported };
}
