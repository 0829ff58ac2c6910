// npm run bench -- owt-loader [--data <shared/data>] [--rounds <n>] [--copies <n>]
//
// Raw text to shards on one thread (per second of processor time, tokenizer included), what a folder costs whatever its
// size, and the cost of feeding a step; compressed input in owt-loader-archives.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  batches,
  buildShards,
  documentSource,
  type Encoder,
  openShards,
  openSource,
  type Source,
  type TokenizerParts,
  wordPiece,
  wordPieceEncoder,
} from '@alectra/owt-loader';
import { describeMachine } from './machine.js';
import { median } from './statistics.js';
import { type Timed, timed } from './timed.js';

/** Times that a corpus stands in the one that is measured, so that files and folders weigh little beside text. */
const REPEATS = 4;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: process.env.ALECTRA_TEST_DATA ?? '../shared/data' },
      rounds: { type: 'string', default: '5' },
      copies: { type: 'string', default: '80' },
    },
  });
  const data = resolve(values.data);
  const rounds = Number(values.rounds);
  const copies = Number(values.copies);
  const scratch = mkdtempSync(join(tmpdir(), 'bench-owt-'));
  console.log(describeMachine());
  try {
    const vocabulary = await wordPiece({ path: vocabularyPath(data) });
    await textToShards(data, scratch, vocabulary, rounds);
    archives(data, rounds, copies);
    await feeding(join(scratch, 'shards-0'), rounds);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Two corpora in memory, so that reading is not measured, then the same from JSON lines. */
async function textToShards(
  data: string,
  scratch: string,
  vocabulary: TokenizerParts,
  rounds: number,
): Promise<void> {
  // Loaded once: building the vocabulary's tables takes half a second, whatever the corpus.
  const encoder = await wordPieceEncoder({ path: vocabularyPath(data) });
  await oneFolder(scratch, { ...vocabulary, encoder }, rounds);
  for (const name of ['wiki-en-2018', 'reuters-21578']) {
    const path = join(scratch, `${name}.jsonl`);
    const lines = repeated(join(data, 'corpus', `${name}.jsonl`));
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const documents = lines.map(({ text }, i) => ({ id: `${i}`, text }));
    const raw = documents.map(({ id, text }) => ({ id, text: Buffer.from(text) }));
    const utf8 = Buffer.from(documents.map(({ text }) => `${text}\n`).join(''));
    const encodeAll = async (): Promise<void> => {
      encoder.encodeLines?.(utf8);
    };
    const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const cases: readonly [string, () => Promise<Source>][] = [
      ['UTF-8 as an archive gives it', () => Promise.resolve(documentSource(raw))],
      ['strings', () => Promise.resolve(documentSource(documents))],
      ['JSON lines', () => openSource(path)],
    ];
    for (const [label, open] of cases) {
      const times: Timed[] = [];
      const tokenizer: Timed[] = [];
      for (let round = 0; round <= rounds; round++) {
        const output = join(scratch, `shards-${round}`);
        rmSync(output, { recursive: true, force: true });
        const source = await open();
        const time = await timed(() => buildShards({ ...vocabulary, encoder, output, source }));
        const tokenizing = await timed(encodeAll);
        if (round === 0) continue; // warms up
        times.push(time);
        tokenizer.push(tokenizing);
      }
      const perCore = median(times.map(({ cpu }) => bytes / 1e6 / cpu));
      console.log(
        `${name}, ${label}: ${perCore.toFixed(1)} MB/s of processor time (target 60), ` +
          `${median(times.map(({ wall }) => bytes / 1e6 / wall)).toFixed(1)} MB/s of wall time, ` +
          `${median(times.map(({ cpu }, i) => cpu / (tokenizer[i]?.cpu ?? 1))).toFixed(2)} times the tokenizer alone ` +
          `(${(bytes / 1e6).toFixed(1)} MB, median of ${rounds})`,
      );
    }
  }
}

/** JSON lines several times over, no text equal to another. */
function repeated(path: string): { readonly text: string }[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { readonly text: string });
  return Array.from({ length: REPEATS }, (_, copy) =>
    lines.map((line) => ({ ...line, text: `${line.text} Copy ${copy}.` })),
  ).flat();
}

/** Processor time of a build of one document: locks, synced files, tables. */
async function oneFolder(
  scratch: string,
  vocabulary: Omit<TokenizerParts, 'encoder'> & { readonly encoder: Encoder },
  rounds: number,
): Promise<void> {
  const output = join(scratch, 'one-document');
  const times: number[] = [];
  for (let round = 0; round < 5 * rounds; round++) {
    rmSync(output, { recursive: true, force: true });
    const source = documentSource([{ id: 'one', text: 'A document of a few words. '.repeat(9) }]);
    times.push((await timed(() => buildShards({ ...vocabulary, output, source }))).cpu);
  }
  console.log(
    `a folder of one document: ${(1000 * median(times)).toFixed(0)} ms of processor time`,
  );
}

/**
 * The compressed input, as npm's users have it: packages and the script built, since threads and processes inherit what
 * loads sources (a third of a second each).
 */
function archives(data: string, rounds: number, copies: number): void {
  const bench = fileURLToPath(new URL('..', import.meta.url)); // whose dependencies stay outside of what is built
  const npx = (...args: string[]): void => {
    execFileSync('npx', args, { cwd: bench, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  npx('turbo', 'build', '--filter=@alectra/owt-loader', '--filter=@alectra/wordpiece');
  const scripts = ['owt-loader-archives', 'owt-loader-memory'];
  const format = ['--format', 'esm', '--target', 'node20', '--silent'];
  npx('tsup', ...scripts.map((name) => `src/${name}.ts`), ...format);
  const script = join(bench, 'dist/owt-loader-archives.js');
  execFileSync(process.execPath, [script, data, String(rounds), String(copies)], {
    stdio: 'inherit',
  });
}

function vocabularyPath(data: string): string {
  return join(data, 'vocab/bert-base-uncased-vocab.txt');
}

/** Batches of 8 x 128 and 512 x 128 out of shards, shuffled. */
async function feeding(folder: string, rounds: number): Promise<void> {
  const shards = await openShards(folder);
  for (const batchSize of [8, 512]) {
    const source = batches({ shards, batchSize });
    for (let i = 0; i < 20; i++) await source.next();
    const times: number[] = [];
    for (let round = 0; round < rounds * 20; round++)
      times.push((await timed(() => source.next())).wall);
    const rows = batchSize / median(times);
    console.log(
      `feeding ${batchSize} x 128: ${(median(times) * 1000).toFixed(3)} ms a batch, ${(rows / 1000).toFixed(0)} thousand rows a second`,
    );
  }
}
