// The part of bench -- owt-loader that reads compressed input: xz and Parquet on two threads beside a reader alone on one,
// and the memory of a process that does nothing else. Built before it is run (owt-loader.ts), so that threads load what
// npm's users have.
//
// node owt-loader-archives.js <shared/data> <rounds> <copies>

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
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildShards, documentsOf, openSource, wordPiece } from '@alectra/owt-loader';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { median } from './statistics.js';
import { timed } from './timed.js';

const [data = '', rounds = '5', copies = '8'] = process.argv.slice(2);
const vocabularyPath = join(data, 'vocab/bert-base-uncased-vocab.txt');
const scratch = mkdtempSync(join(tmpdir(), 'bench-owt-'));
try {
  const xz = join(scratch, 'xz');
  await extractMembers(join(data, 'corpus/openwebtext-shaped.tar.xz'), xz, Number(copies));
  await besideReader('xz', xz, () => drain(xz));
  const parquet = join(scratch, 'texts.parquet');
  if (writeParquet(join(data, 'corpus/wiki-en-2018.jsonl'), parquet, Number(copies)))
    await besideReader('Parquet', parquet, () => readAsHyparquet(parquet));
  for (const workers of ['0', '2']) peakMemory(xz, workers);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Builds on two worker threads, against the reader of that format alone, which gives strings on one. */
async function besideReader(
  name: string,
  path: string,
  readAlone: () => Promise<void>,
): Promise<void> {
  const vocabulary = await wordPiece({ path: vocabularyPath });
  const output = join(scratch, 'from-archive');
  const alone: number[] = [];
  const built: number[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    alone.push((await timed(readAlone)).wall);
    rmSync(output, { recursive: true, force: true });
    const source = await openSource(path);
    built.push(
      (await timed(() => buildShards({ ...vocabulary, output, source, workers: 2 }))).wall,
    );
  }
  const ratio = median(built.map((wall, i) => wall / (alone[i] ?? 1)));
  console.log(
    `${name}, ${copies} copies, two workers: ${median(built).toFixed(2)} s, ${ratio.toFixed(2)} times the reader alone on one thread ` +
      `(${median(alone).toFixed(2)} s; target 1.5), threads' start included`,
  );
}

async function drain(path: string): Promise<void> {
  for await (const _ of documentsOf(await openSource(path)));
}

/** The texts as hyparquet gives them, a row group at a time. */
async function readAsHyparquet(path: string): Promise<void> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    await parquetRead({ file, metadata, columns: ['text'], rowStart, rowEnd, compressors });
    rowStart = rowEnd;
  }
}

function peakMemory(folder: string, workers: string): void {
  const script = fileURLToPath(new URL('./owt-loader-memory.js', import.meta.url));
  const args = [script, vocabularyPath, folder, join(scratch, `memory-${workers}`), workers];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
  const { peak, documents } = JSON.parse(printed) as { peak: number; documents: number };
  console.log(
    `peak memory from xz, ${workers} workers: ${(peak / 1e6).toFixed(0)} MB for ${documents} documents ` +
      `(target ${(500 + (16 * documents) / 1e6).toFixed(0)})`,
  );
}

/** The texts of some JSON lines several times, none equal to another, as Hugging Face stores them; false without pyarrow. */
function writeParquet(jsonLines: string, path: string, times: number): boolean {
  const script = `
import json, sys, pyarrow, pyarrow.parquet
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
copies = [f"{text}\\nCopy {copy}." for copy in range(int(sys.argv[3])) for text in texts]
pyarrow.parquet.write_table(pyarrow.table({"text": copies}), sys.argv[2], row_group_size=1000)`;
  try {
    const python = process.env.ALECTRA_PYTHON ?? 'python3';
    execFileSync(python, ['-c', script, jsonLines, path, String(times)]);
    return true;
  } catch {
    console.log('Parquet: skipped, no Python with pyarrow (ALECTRA_PYTHON)');
    return false;
  }
}

/** The members of the nested archive, several times over under different names. */
async function extractMembers(archive: string, folder: string, times: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const first = join(folder, 'members');
  mkdirSync(first);
  let count = 0;
  for await (const chunk of (await openSource(archive, { order: 'archive' })).chunks())
    if (chunk.kind === 'archive' && chunk.from instanceof Uint8Array)
      writeFileSync(join(first, `${count++}-0_data.xz`), chunk.from);
  for (const name of readdirSync(first))
    for (let copy = 1; copy < times; copy++)
      copyFileSync(join(first, name), join(first, name.replace('-0_', `-${copy}_`)));
  if (readFileSync(join(first, '0-0_data.xz')).length === 0)
    throw new Error('bench: an empty member');
}
