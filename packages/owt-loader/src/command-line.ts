// alectra-shards: build | verify | stat | convert | head. Progress goes to one stream, results to the other.

import { Command, InvalidArgumentError, Option } from 'commander';
import { buildShards } from './build-shards.js';
import type { BuilderName } from './builder.js';
import type { Source } from './chunk.js';
import { exportTfRecords } from './export-tfrecords.js';
import { evaluationTexts } from './glue-texts.js';
import { importTfRecords } from './import-tfrecords.js';
import type { BuildStatistics, SplitName } from './manifest.js';
import { openShards } from './open-shards.js';
import { openSource } from './open-source.js';
import { listHubDataset, remoteParquetSource } from './parquet-source.js';
import { documentsOf, firstRows, holdsShards, textStatistics } from './shard-text.js';
import { type TokenizerParts, wordPiece } from './tokenizer-parts.js';
import { verifyShards } from './verify-shards.js';

export interface Streams {
  /** Results. */
  out(text: string): void;
  /** Progress and what was found. */
  error(text: string): void;
}

interface TextFlags {
  readonly textKey: string;
  readonly order: 'names' | 'archive';
}

interface VocabularyFlags {
  readonly vocab?: string;
  readonly cased?: boolean;
}

interface BuildFlags extends TextFlags, VocabularyFlags {
  readonly output: string;
  readonly builder: BuilderName;
  readonly length: number;
  readonly seed: number;
  readonly heldOut: number;
  readonly clean?: 'huggingface';
  readonly decontaminate?: string;
  readonly workers: number;
}

/** The command; `parseAsync` runs it and rejects with the errors of the library. */
export function commandLine(streams: Streams): Command {
  const program = new Command('alectra-shards')
    .description('Raw text to shards of training examples, and what one does with them')
    .configureOutput({ writeOut: streams.out, writeErr: streams.error });
  const json = (value: unknown): void => streams.out(`${JSON.stringify(value, undefined, 2)}\n`);
  const source = async (path: string, { textKey, order }: TextFlags): Promise<Source> => {
    const opened = await (path.startsWith('hf://')
      ? hubSource(path, textKey)
      : openSource(path, { textKey, order }));
    streams.error(`found: ${opened.found}\n`);
    return opened;
  };

  textOptions(
    vocabularyOptions(program.command('build <input>'))
      .description('text (path, or hf://datasets/<owner>/<name>[@revision]) to a folder of shards')
      .requiredOption('-o, --output <folder>', 'folder to make')
      .addOption(
        new Option('--builder <name>', 'how text is cut into examples')
          .choices(['carry', 'electra', 'lmtuners'])
          .default('carry'),
      )
      .option('--length <tokens>', 'tokens of an example', integer, 128)
      .option('--seed <number>', 'seed of the builder', integer, 0)
      .option('--held-out <share>', 'share of documents for validation', Number, 0.005)
      .addOption(new Option('--clean <how>', 'clean-up of documents').choices(['huggingface']))
      .option('--decontaminate <folder>', 'leave out documents that hold GLUE dev or test texts')
      .option('--workers <count>', 'threads that read and tokenise', integer, 1),
  ).action(async (input: string, flags: BuildFlags) => {
    const { output, builder, length, seed, heldOut, clean = 'none', workers, textKey } = flags;
    const manifest = await buildShards({
      source: await source(input, flags),
      ...(await vocabulary(flags)),
      output,
      builder,
      length,
      seed,
      heldOut,
      clean,
      workers,
      textKey,
      ...(flags.decontaminate && { decontaminate: await evaluationTexts(flags.decontaminate) }),
      onProgress: everySecond((statistics) => streams.error(progressLine(statistics))),
    });
    streams.error('\n');
    const { fingerprint, statistics, splits } = manifest;
    const rows = Object.entries(splits).map(([split, entry]) => [split, entry.rows]);
    json({ fingerprint, rows: Object.fromEntries(rows), statistics });
  });

  program
    .command('verify <folder>')
    .description('check every byte and every row of a folder of shards')
    .action(async (folder: string) => {
      const { faults, ...sound } = await verifyShards(folder, (file) =>
        streams.error(`checking ${file}\n`),
      );
      json({ ...sound, faults: faults.map(({ message, fault }) => ({ message, ...fault })) });
      if (faults.length > 0) throw new Error(`${folder}: ${faults.length} faults`);
    });

  textOptions(
    program.command('stat <path>').description('count what shards or raw text hold'),
  ).action(async (path: string, flags: TextFlags) => {
    if (!holdsShards(path))
      return json(await textStatistics(await source(path, flags), flags.textKey));
    const { manifest } = await openShards(path);
    const { fingerprint, input, configuration, statistics, splits } = manifest;
    const sizes = Object.entries(splits).map(([split, { rows, shards }]) => [
      split,
      { rows, shards: shards.length, bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0) },
    ]);
    json({ fingerprint, input, configuration, statistics, splits: Object.fromEntries(sizes) });
  });

  textOptions(program.command('head <path>').description('the first documents or examples'))
    .option('-n, --count <number>', 'how many', integer, 3)
    .addOption(new Option('--split <name>').choices(['train', 'validation']).default('train'))
    .action(async (path: string, flags: TextFlags & { count: number; split: SplitName }) => {
      if (holdsShards(path)) {
        for (const row of await firstRows(await openShards(path), flags.split, flags.count))
          streams.out(`${JSON.stringify(row)}\n`);
        return;
      }
      let left = flags.count;
      for await (const document of documentsOf(await source(path, flags), flags.textKey)) {
        if (left-- === 0) return;
        streams.out(`${JSON.stringify(document)}\n`);
      }
    });

  vocabularyOptions(program.command('convert <input> <output>'))
    .description("shards to ELECTRA's TFRecords, or TFRecords to shards")
    .option('--files <count>', 'TFRecord files to write', integer, 1000)
    .addOption(new Option('--split <name>').choices(['train', 'validation']).default('train'))
    .action(
      async (
        input: string,
        output: string,
        flags: VocabularyFlags & { files: number; split: SplitName },
      ) => {
        if (holdsShards(input)) {
          json({ examples: await exportTfRecords(await openShards(input), output, flags) });
          return;
        }
        const { vocabularySize, special, tokenizer } = await vocabulary(flags);
        const manifest = await importTfRecords({
          input,
          output,
          vocabularySize,
          special,
          tokenizer,
        });
        json({ fingerprint: manifest.fingerprint, statistics: manifest.statistics });
      },
    );
  return program;
}

function textOptions(command: Command): Command {
  return command
    .option('--text-key <name>', 'JSON field or column that holds the text', 'text')
    .addOption(
      new Option('--order <how>', 'members of a compressed archive: by name, or as they come')
        .choices(['names', 'archive'])
        .default('names'),
    );
}

function vocabularyOptions(command: Command): Command {
  return command
    .option('--vocab <path>', 'vocab.txt, or a folder with vocab.txt or tokenizer.json')
    .option('--cased', 'the vocab.txt is cased');
}

async function vocabulary({ vocab, cased }: VocabularyFlags): Promise<TokenizerParts> {
  if (vocab === undefined)
    throw new Error(
      'owt-loader: no vocabulary given.\nName one with --vocab <vocab.txt or folder>.',
    );
  return wordPiece({ path: vocab, ...(cased && { lowercase: false }) });
}

async function hubSource(path: string, textKey: string): Promise<Source> {
  const match = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@(.+))?$/.exec(path);
  if (!match?.[1])
    throw new Error(
      `owt-loader: cannot read ${path}: expected hf://datasets/<owner>/<name> or hf://datasets/<owner>/<name>@<revision>.`,
    );
  const revision = match[2] === undefined ? {} : { revision: match[2] };
  return remoteParquetSource(await listHubDataset(match[1], revision), { textKey });
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected an integer from 0.');
  return value;
}

function everySecond<Value>(report: (value: Value) => void): (value: Value) => void {
  let last = 0;
  return (value) => {
    const now = Date.now();
    if (now - last < 1000) return;
    last = now;
    report(value);
  };
}

function progressLine({ documents, characters, examples }: Readonly<BuildStatistics>): string {
  const millions = (characters / 1e6).toFixed(1);
  return `\r${documents} documents, ${millions} M characters, ${examples} examples`;
}
