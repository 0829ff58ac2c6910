// Raw text to a folder of shards: chunks are processed on any number of threads and merged in order, so the
// bytes depend on text, tokenizer and options alone.
//
// The folder grows as `<output>.building` and takes its name when it is whole. At intervals everything so far
// is made durable and noted in state.json there; a killed build goes on from the last note.

import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acquireLock, sha256, syncFolder } from '@alectra/files';
import { ExampleFormat } from './arrow-examples.js';
import { BuildProgress } from './build-progress.js';
import type { BuilderName } from './builder.js';
import { type Chunk, documentSource, type Source } from './chunk.js';
import { contamination } from './contamination.js';
import type { RawDocument } from './document.js';
import type { Encoder } from './encoder.js';
import type { EncoderModule } from './encoder-module.js';
import type { SpecialIds } from './example-columns.js';
import { finishFolder, removeBuildState } from './finish-folder.js';
import type { BuildConfiguration, BuildStatistics, Manifest } from './manifest.js';
import type { ChunkSettings } from './process-chunk.js';
import { processInOrder } from './process-in-order.js';
import { ShardError } from './shard-error.js';

export interface BuildOptions {
  /** Folder to make. It must not exist; an unfinished build of it is continued. */
  readonly output: string;
  readonly source: Source | Iterable<RawDocument> | AsyncIterable<RawDocument>;
  /** The tokenizer: ids without special tokens and without truncation. Worker threads need it by name. */
  readonly encoder: Encoder | EncoderModule;
  /** What identifies the tokenizer (hash of the vocabulary, casing, ...): part of the fingerprint. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /** L, tokens of an example, special ones included. Default 128. */
  readonly length?: number;
  /** Default `carry`. */
  readonly builder?: BuilderName;
  readonly seed?: number;
  /** Share of documents that go to the validation split, chosen by their hash. Default 0.005. */
  readonly heldOut?: number;
  /** Hugging Face's clean-up of each document. Default `none`. */
  readonly clean?: 'none' | 'huggingface';
  /** Evaluation texts that no document may share thirteen words in a row with. */
  readonly decontaminate?: readonly string[];
  /** Field of JSON objects that holds the text. Default `text`. */
  readonly textKey?: string;
  /** Default 4,096: one record batch of a megabyte at L = 128. */
  readonly rowsPerBatch?: number;
  /** Default 262,144: shards of 64 MiB at L = 128. */
  readonly rowsPerShard?: number;
  /** Examples between two durable notes of an unfinished build. Default 262,144. */
  readonly saveEvery?: number;
  /** Worker threads that read and tokenise; 0 (default) does it here. The bytes written are the same. */
  readonly workers?: number;
  /** Called after each chunk; throwing from it stops the build, which can then be continued. */
  readonly onProgress?: (statistics: Readonly<BuildStatistics>) => void;
}

/**
 * Builds (or goes on building) a folder of shards.
 *
 * @returns the manifest of the finished folder
 * @throws RangeError for impossible options; ShardError `mismatch` if an unfinished build had other options;
 *   FileError `locked` if another process builds the same folder
 */
export async function buildShards(options: BuildOptions): Promise<Manifest> {
  const dirt = options.decontaminate && contamination(options.decontaminate);
  const configuration = configurationOf(options);
  const source = 'chunks' in options.source ? options.source : documentSource(options.source);
  const { output, textKey = 'text' } = options;
  if (existsSync(output))
    throw new RangeError(
      `owt-loader: cannot build ${output}: it exists.\nName another folder or remove this one.`,
    );
  const folder = `${output}.building`;
  await mkdir(folder, { recursive: true });
  const lock = await acquireLock(`${output}.lock`);
  const format = new ExampleFormat(configuration);
  const settings: ChunkSettings = {
    ...configuration,
    builder: options.builder ?? 'carry',
    textKey,
    ...(dirt && { contamination: dirt }),
  };
  const progress = new BuildProgress({
    folder,
    configuration,
    textKey,
    input: source.found,
    format,
  });
  try {
    const manifest =
      (await progress.finished()) ?? (await build(options, source, settings, progress));
    await removeBuildState(folder);
    await rename(folder, output);
    await syncFolder(dirname(output));
    return manifest;
  } finally {
    await progress.abandon();
    await lock.release();
  }
}

async function build(
  { output, encoder, workers = 0, saveEvery = 262_144, onProgress }: BuildOptions,
  source: Source,
  settings: ChunkSettings,
  progress: BuildProgress,
): Promise<Manifest> {
  const done = await progress.restore();
  let saved = progress.statistics.examples;
  const chunks = rest(source, done);
  for await (const { chunk, result } of processInOrder(chunks, settings, encoder, workers)) {
    await progress.merge(result);
    onProgress?.(progress.statistics);
    const unverified = chunk.kind === 'row-group' && chunk.unverified === true;
    if (unverified || progress.statistics.examples - saved < saveEvery) continue;
    saved = progress.statistics.examples;
    await progress.save();
  }
  if (progress.statistics.examples === 0)
    throw new ShardError(
      `nothing to build ${output} from: ${source.found} gave ${progress.statistics.documents} documents and no example.\n` +
        'Check the source, and the field of the text if it is JSON.',
      { code: 'format', file: output },
    );
  return finishFolder(`${output}.building`, source.found, await progress.finish());
}

/** The chunks that an earlier run has not finished. */
async function* rest(source: Source, done: number): AsyncGenerator<Chunk> {
  let index = 0;
  for await (const chunk of source.chunks()) if (index++ >= done) yield chunk;
}

function configurationOf(options: BuildOptions): BuildConfiguration {
  const {
    vocabularySize,
    special,
    tokenizer,
    length = 128,
    builder = 'carry',
    seed = 0,
    heldOut = 0.005,
    clean = 'none',
    decontaminate,
    rowsPerBatch = 4096,
    rowsPerShard = 262_144,
  } = options;
  const whole = (name: string, value: number, low: number, high: number): void => {
    if (!Number.isInteger(value) || value < low || value > high)
      throw new RangeError(
        `owt-loader: cannot build with ${name} ${value}: expected an integer from ${low} to ${high}.`,
      );
  };
  whole('length', length, 8, 65_535);
  whole('vocabularySize', vocabularySize, 1, 2 ** 32);
  whole('seed', seed, 0, 2 ** 32 - 1);
  whole('rowsPerBatch', rowsPerBatch, 1, 1 << 20);
  whole('rowsPerShard', rowsPerShard, rowsPerBatch, 1 << 30);
  for (const [name, id] of Object.entries(special))
    whole(`special.${name}`, id, 0, vocabularySize - 1);
  if (rowsPerShard % rowsPerBatch !== 0)
    throw new RangeError(
      `owt-loader: cannot build with rowsPerShard ${rowsPerShard}: expected a multiple of rowsPerBatch, ${rowsPerBatch}.`,
    );
  if (!(heldOut >= 0 && heldOut < 1))
    throw new RangeError(
      `owt-loader: cannot hold out ${heldOut} of the documents: expected a share from 0 to below 1.`,
    );
  const { pad, cls, sep } = special;
  return {
    builder,
    length,
    vocabularySize,
    special: { pad, cls, sep },
    tokenizer,
    seed,
    heldOut,
    clean,
    decontamination: decontaminate ? sha256(decontaminate.join('\n')) : 'none',
    rowsPerBatch,
    rowsPerShard,
  };
}
