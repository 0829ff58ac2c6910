// npm run bench -- wordpiece [--rounds n] [--npm folder] [--only task,...]: our tokenizer beside Hugging Face's.
//
// Python peer: ALECTRA_PYTHON or python3 with `tokenizers`. --npm also runs the npm peers of peers/wordpiece,
// from a folder outside the repository, where they are installed if they are not there. Pairs are interleaved, one at a time; a ratio is the median of the rounds' ratios.
// Seconds are of processor time, which other work on the machine disturbs least, and per megabyte, so that slow
// peers may have a smaller sample of the same text.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import { type Contestant, startContestant } from './contestant.js';
import { describeMachine } from './machine.js';
import { median, pairedRatio } from './statistics.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = fileURLToPath(new URL('../peers/wordpiece', import.meta.url));
const data = process.env.ALECTRA_TEST_DATA ?? join(root, '../shared/data');
const python = process.env.ALECTRA_PYTHON ?? 'python3';
const NPM_PEERS = ['tokenizers', '@huggingface/tokenizers', '@huggingface/transformers'];

/** Task, text, bytes for us and for the peer, and the ratio to reach. `reused` is `lines` into arrays that are used again. */
const PAIRS = [
  ['lines', 'en', 24e6, 2e6, 90],
  ['lines', 'ml', 7e6, 1e6, 45],
  ['reused', 'en', 24e6, 2e6, 90],
  ['reused', 'ml', 7e6, 1e6, 45],
  ['docs', 'en docs', 24e6, 2e6, 60],
  ['docs', 'ml docs', 7e6, 1e6, 35],
  ['strings', 'en', 12e6, 2e6, 35],
  ['strings', 'ml', 7e6, 1e6, 20],
  ['full', 'en', 12e6, 2e6, 10],
  ['full', 'ml', 7e6, 1e6, 10],
  ['train', 'en', 24e6, 24e6, 5],
] as const;

const TASKS = [...new Set(PAIRS.map(([task]) => task)), 'npm', 'workers', 'load', 'adversarial'];

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      npm: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const wanted = wantedTasks(values.only);
  const isWanted = (task: string): boolean => wanted.has(task);
  const rounds = Number(values.rounds);
  const vocab = join(data, 'vocab/bert-base-uncased-vocab.txt');
  if (!existsSync(vocab))
    throw new Error(
      `bench: no texts at ${data}.\nSet ALECTRA_TEST_DATA to the folder of test data.`,
    );
  const folder = mkdtempSync(join(tmpdir(), 'wordpiece-bench-'));
  try {
    console.log(describeMachine());
    const texts = writeTexts(folder);
    const json = join(folder, 'tokenizer.json');
    const tokenizer = WordPieceTokenizer.fromVocab(readFileSync(vocab));
    writeFileSync(json, JSON.stringify(tokenizer.toTokenizerJson()));
    for (const [task, text, ourBytes, theirBytes, target] of PAIRS) {
      if (!isWanted(task)) continue;
      const ours = await start(task, texts[text], vocab, ourBytes);
      const theirTask = task === 'reused' ? 'lines' : task;
      const command = [join(peers, 'peer.py'), theirTask, texts[text], vocab, `${theirBytes}`];
      const theirs = await startContestant('python', [python, ...command]);
      await compare(
        `${task} ${text}`,
        ours,
        theirs,
        task === 'train' ? Math.min(rounds, 3) : rounds,
        target,
      );
    }
    if (values.npm !== undefined && isWanted('npm'))
      await npmPeers(resolve(values.npm), texts.en, json, vocab, rounds);
    if (isWanted('workers')) await workers(repeated(texts.en), vocab, rounds);
    if (isWanted('load')) await loading(vocab);
    if (isWanted('adversarial')) adversarial(tokenizer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function wantedTasks(only: string | undefined): ReadonlySet<string> {
  const wanted = only?.split(',') ?? TASKS;
  const unknown = wanted.find((task) => !TASKS.includes(task));
  if (unknown !== undefined)
    throw new RangeError(
      `bench: --only has "${unknown}": expected ${TASKS.join(', ')}.\nSeparate several by commas.`,
    );
  return new Set(wanted);
}

function start(task: string, path: string, vocab: string, bytes: number): Promise<Contestant> {
  const worker = fileURLToPath(new URL('./wordpiece-worker.ts', import.meta.url));
  const node = [process.execPath, '--import', 'tsx', '--conditions=@alectra/source', worker];
  return startContestant('ours', [...node, task, path, vocab, `${bytes}`]);
}

async function compare(
  name: string,
  ours: Contestant,
  theirs: Contestant,
  rounds: number,
  target?: number,
): Promise<void> {
  const mine: number[] = [];
  const reference: number[] = [];
  await ours.steps(1);
  for (let round = 0; round < rounds; round++) {
    mine.push(median(await ours.steps(3)));
    reference.push(median(await theirs.steps(1)));
  }
  ours.stop();
  theirs.stop();
  const ratio = pairedRatio(mine, reference);
  const speeds = [mine, reference].map((seconds) => (1 / median(seconds)).toFixed(2));
  const goal = target === undefined ? '' : `, at least ${target} wanted`;
  console.log(
    `${name.padEnd(14)} ${speeds[0]} MB/s, ${theirs.about.version}: ${speeds[1]} MB/s, ratio ${ratio.toFixed(ratio < 10 ? 2 : 1)}${goal}`,
  );
}

async function npmPeers(
  folder: string,
  path: string,
  json: string,
  vocab: string,
  rounds: number,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'peer.mjs'])
    copyFileSync(join(peers, name), join(folder, name));
  if (!existsSync(join(folder, 'node_modules')))
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit'], {
      cwd: folder,
      stdio: 'inherit',
    });
  for (const library of NPM_PEERS) {
    const command = [join(folder, 'peer.mjs'), library, 'strings', path, json, '1000000'];
    const theirs = await startContestant(library, [process.execPath, ...command]);
    await compare('strings en', await start('strings', path, vocab, 12e6), theirs, rounds);
  }
}

/** Two threads against one, and what the machine gives at most: two processes that share nothing against one. */
async function workers(path: string, vocab: string, rounds: number): Promise<void> {
  const bytes = statSync(path).size;
  const two = await start('two workers', path, vocab, bytes);
  const one = await start('one worker', path, vocab, bytes);
  await compare('two workers', two, one, rounds, 1.9);
  const pair = await Promise.all([1, 2].map(() => start('one worker', path, vocab, bytes)));
  const [first] = pair;
  const ratios: number[] = [];
  await Promise.all(pair.map((process) => process.steps(1)));
  for (let round = 0; round < rounds; round++) {
    const alone = median(await first.steps(2));
    const together = await Promise.all(pair.map((process) => process.steps(2)));
    ratios.push((2 * alone) / median(together.flat()));
  }
  for (const process of pair) process.stop();
  console.log(`two processes  ${median(ratios).toFixed(2)} times one, which share nothing`);
}

/** From the bytes of vocab.txt to a tokenizer, once in each of five fresh processes. */
async function loading(vocab: string): Promise<void> {
  const seconds: number[] = [];
  for (let n = 0; n < 5; n++) {
    const fresh = await start('strings', vocab, vocab, 1);
    seconds.push(fresh.about.loadSeconds as number);
    fresh.stop();
  }
  console.log(
    `${'load'.padEnd(14)} ${median(seconds).toFixed(3)} s, fastest ${Math.min(...seconds).toFixed(3)} s, less than 0.3 wanted`,
  );
}

/** Text that no cache can hold. */
function adversarial(tokenizer: WordPieceTokenizer): void {
  let state = 1;
  const letters = (count: number) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return String.fromCharCode(97 + ((state >>> 16) % 26));
    }).join('');
  const texts = {
    '90-letter words': Array.from({ length: 50000 }, () => letters(90)).join(' '),
    punctuation: '!?.,;:()'.repeat(500000),
    'one word of 10 MB': 'x'.repeat(1e7),
  };
  for (const [name, text] of Object.entries(texts)) {
    const bytes = new TextEncoder().encode(text);
    const seconds = Array.from({ length: 3 }, () => {
      const started = performance.now();
      tokenizer.encodeBytes(bytes);
      return (performance.now() - started) / 1e3;
    });
    console.log(
      `${name}: ${(bytes.length / 1e6 / median(seconds)).toFixed(0)} MB/s, at least 20 wanted`,
    );
  }
}

/** English news and encyclopedia, and 500 languages: by line and in documents of about 4 KB. */
function writeTexts(folder: string): Record<string, string> {
  const english = ['wiki-en-2018', 'reuters-21578'].flatMap((name) =>
    readFileSync(join(data, `corpus/${name}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => (JSON.parse(line) as { text: string }).text.split(/\n+/)),
  );
  const many = readFileSync(join(data, 'text/ml-udhr.txt'), 'utf8').split('\n');
  const paths: Record<string, string> = {};
  for (const [name, lines] of [
    ['en', english],
    ['ml', many],
  ] as const) {
    const documents: string[] = [''];
    for (const line of lines) {
      const last = documents.length - 1;
      if (documents[last].length < 4000) documents[last] += ` ${line}`;
      else documents.push(line);
    }
    paths[name] = join(folder, `${name}.txt`);
    paths[`${name} docs`] = join(folder, `${name}-docs.txt`);
    writeFileSync(paths[name], lines.join('\n'));
    writeFileSync(paths[`${name} docs`], documents.join('\n'));
  }
  return paths;
}

/** A text so long that two threads have something to share, and the last chunk, for which one waits, counts little. */
function repeated(path: string): string {
  const text = readFileSync(path);
  const long = `${path}.long`;
  for (let copy = 0; copy < 24; copy++) appendFileSync(long, text);
  return long;
}
