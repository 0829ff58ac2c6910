// npm run bench -- owt-loader [--data <shared/data>] [--rounds <n>] [--copies <n>]
//
// Raw text to shards on one thread (per second of processor time, tokenizer included), what a folder costs whatever its
// size, xz and Parquet on two threads beside their decompressors alone, memory of a process that does nothing else, and
// the cost of feeding a step.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  batches,
  buildShards,
  documentSource,
  documentsOf,
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

/** Times that a corpus stands in the one that is measured, so that files and folders weigh little beside text. */
const REPEATS = 4;

interface Timed {
  readonly wall: number;
  readonly cpu: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: process.env.ALECTRA_TEST_DATA ?? '../shared/data' },
      rounds: { type: 'string', default: '5' },
      copies: { type: 'string', default: '8' },
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
    await archives(data, scratch, vocabulary, rounds, copies);
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

/** Builds from compressed input on two worker threads, against decompressing alone on one, and their memory. */
async function archives(
  data: string,
  scratch: string,
  vocabulary: TokenizerParts,
  rounds: number,
  copies: number,
): Promise<void> {
  const folder = join(scratch, 'xz');
  await extractMembers(join(data, 'corpus/openwebtext-shaped.tar.xz'), folder, copies);
  await besideDecompressor(`xz, ${copies} copies`, folder, scratch, vocabulary, rounds);
  const parquet = join(scratch, 'texts.parquet');
  if (writeParquet(join(data, 'corpus/wiki-en-2018.jsonl'), parquet, copies))
    await besideDecompressor(`Parquet, ${copies} copies`, parquet, scratch, vocabulary, rounds);
  for (const workers of ['0', '2']) {
    const script = fileURLToPath(new URL('./owt-loader-memory.ts', import.meta.url));
    const output = join(scratch, `memory-${workers}`);
    const args = [script, vocabularyPath(data), folder, output, workers];
    const printed = execFileSync(process.execPath, [...process.execArgv, ...args], {
      encoding: 'utf8',
    });
    const { peak, documents } = JSON.parse(printed) as { peak: number; documents: number };
    console.log(
      `peak memory from xz, ${workers} workers: ${(peak / 1e6).toFixed(0)} MB for ${documents} documents ` +
        `(target ${(500 + (16 * documents) / 1e6).toFixed(0)})`,
    );
  }
}

async function besideDecompressor(
  name: string,
  path: string,
  scratch: string,
  vocabulary: TokenizerParts,
  rounds: number,
): Promise<void> {
  const alone: number[] = [];
  const built: number[] = [];
  for (let round = 0; round < rounds; round++) {
    alone.push((await timed(async () => drain(documentsOf(await openSource(path))))).wall);
    const output = join(scratch, 'from-archive');
    rmSync(output, { recursive: true, force: true });
    const source = await openSource(path);
    built.push(
      (await timed(() => buildShards({ ...vocabulary, output, source, workers: 2 }))).wall,
    );
  }
  const ratio = median(built.map((wall, i) => wall / (alone[i] ?? 1)));
  console.log(
    `${name}, two workers: ${median(built).toFixed(2)} s, ${ratio.toFixed(2)} times the decompressor alone on one thread (target 1.5), ` +
      `threads' start included`,
  );
}

/** The texts of some JSON lines several times, none equal to another, as Hugging Face stores them; false without pyarrow. */
function writeParquet(jsonLines: string, path: string, copies: number): boolean {
  const script = `
import json, sys, pyarrow, pyarrow.parquet
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
copies = [f"{text}\\nCopy {copy}." for copy in range(int(sys.argv[3])) for text in texts]
pyarrow.parquet.write_table(pyarrow.table({"text": copies}), sys.argv[2], row_group_size=1000)`;
  try {
    execFileSync(process.env.ALECTRA_PYTHON ?? 'python3', [
      '-c',
      script,
      jsonLines,
      path,
      String(copies),
    ]);
    return true;
  } catch {
    console.log('Parquet: skipped, no Python with pyarrow (ALECTRA_PYTHON)');
    return false;
  }
}

function vocabularyPath(data: string): string {
  return join(data, 'vocab/bert-base-uncased-vocab.txt');
}

/** The members of the nested archive, `copies` times over under different names. */
async function extractMembers(archive: string, folder: string, copies: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const first = join(folder, 'members');
  mkdirSync(first);
  let count = 0;
  for await (const chunk of (await openSource(archive, { order: 'archive' })).chunks())
    if (chunk.kind === 'archive' && chunk.from instanceof Uint8Array)
      writeFileSync(join(first, `${count++}-0_data.xz`), chunk.from);
  for (const name of readdirSync(first))
    for (let copy = 1; copy < copies; copy++)
      copyFileSync(join(first, name), join(first, name.replace('-0_', `-${copy}_`)));
  if (readFileSync(join(first, '0-0_data.xz')).length === 0)
    throw new Error('bench: an empty member');
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

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
