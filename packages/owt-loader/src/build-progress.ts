// The state of a build between two chunks: rows written, documents seen, counts, and how to go on from here.

import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';
import type { ExampleFormat } from './arrow-examples.js';
import { COUNT_NAMES, noCounts } from './builder.js';
import { isHeldOut } from './document.js';
import { SeenDocuments } from './duplicates.js';
import { STATE_NAME, undoFinalNames } from './finish-folder.js';
import {
  type BuildConfiguration,
  type BuildStatistics,
  canonicalJson,
  MANIFEST_NAME,
  type Manifest,
  readManifest,
  type ShardEntry,
  type SplitName,
} from './manifest.js';
import { mix32 } from './mix.js';
import type { ChunkResult } from './process-chunk.js';
import { ShardError } from './shard-error.js';
import { type SplitState, SplitWriter } from './split-writer.js';

const SEEN_NAME = 'seen.bin';
/** What identities in seen.bin are: a build does not go on with others. */
const IDENTITY = 'xxh64';
const SPLITS: readonly SplitName[] = ['train', 'validation'];

export interface FinishedBuild {
  readonly configuration: BuildConfiguration;
  readonly statistics: BuildStatistics;
  readonly inputHash: string;
  readonly splits: Readonly<Record<SplitName, readonly ShardEntry[]>>;
  readonly format: ExampleFormat;
}

interface SavedState {
  readonly settings: string;
  readonly chunks: number;
  readonly kept: number;
  readonly seen: number;
  readonly lanes: readonly number[];
  readonly statistics: BuildStatistics;
  readonly splits: Readonly<Record<SplitName, SplitState>>;
}

export interface BuildProgressOptions {
  readonly folder: string;
  readonly configuration: BuildConfiguration;
  readonly textKey: string;
  /** What was found as input: a build goes on only with the same. */
  readonly input: string;
  readonly format: ExampleFormat;
}

export class BuildProgress {
  readonly #options: BuildProgressOptions;
  readonly #writers: Readonly<Record<SplitName, SplitWriter>>;
  readonly #seen = new SeenDocuments();
  /** Identities not yet in seen.bin. */
  #fresh: number[] = [];
  #seenFile: FileHandle | undefined;
  #saved = 0;
  #chunks = 0;
  #kept = 0;
  /** 128-bit running hash of all document identities in order: the identity of the input. */
  #lanes = Uint32Array.of(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344);
  #statistics: BuildStatistics = {
    documents: 0,
    duplicates: 0,
    contaminated: 0,
    empty: 0,
    characters: 0,
    examples: 0,
    filled: 0,
    ...noCounts(),
  };

  constructor(options: BuildProgressOptions) {
    this.#options = options;
    const { folder, format, configuration } = options;
    const { special, rowsPerBatch, rowsPerShard } = configuration;
    const writer = (split: SplitName): SplitWriter =>
      new SplitWriter({ folder, split, format, special, rowsPerBatch, rowsPerShard });
    this.#writers = { train: writer('train'), validation: writer('validation') };
  }

  get statistics(): Readonly<BuildStatistics> {
    return this.#statistics;
  }

  /** The manifest of a build that was killed when only its own state was left to remove. */
  async finished(): Promise<Manifest | undefined> {
    const { folder, configuration, input } = this.#options;
    if (!existsSync(join(folder, MANIFEST_NAME))) return undefined;
    const manifest = await readManifest(folder);
    const state = await this.#savedState();
    if (!state)
      this.#check(
        canonicalJson({ ...manifest.configuration, input: manifest.input.name }),
        canonicalJson({ ...configuration, input }),
      );
    return manifest;
  }

  /** Goes on from a saved state, if the folder has one. Returns the number of chunks to skip. */
  async restore(): Promise<number> {
    const { folder } = this.#options;
    const state = await this.#savedState();
    this.#seenFile = await open(join(folder, SEEN_NAME), state ? 'r+' : 'w+');
    if (!state) {
      // shards of a build that ended before it saved anything, perhaps one with other options
      for (const split of SPLITS) await rm(join(folder, split), { recursive: true, force: true });
      return 0;
    }
    this.#chunks = state.chunks;
    this.#kept = state.kept;
    this.#statistics = { ...state.statistics };
    this.#lanes = Uint32Array.from(state.lanes);
    await this.#seenFile.truncate(state.seen * 8);
    const identities = await readFile(join(folder, SEEN_NAME));
    for (let at = 0; at < identities.length; at += 8)
      this.#seen.add({ high: identities.readUInt32LE(at), low: identities.readUInt32LE(at + 4) });
    this.#saved = state.seen;
    await undoFinalNames(folder);
    for (const split of SPLITS) await this.#writers[split].restore(state.splits[split]);
    return state.chunks;
  }

  /** Takes in the next chunk, in order; gives its rows the numbers of their documents. */
  async merge({
    contaminated,
    documents,
    identities,
    characters,
    examples,
    counts,
    columns,
  }: ChunkResult): Promise<void> {
    const statistics = this.#statistics;
    const { heldOut } = this.#options.configuration;
    const kinds = COUNT_NAMES.length;
    const sums = new Float64Array(kinds);
    let row = 0;
    // Rows that go to one split, one after another, are written together.
    let start = 0;
    let end = 0;
    let into: SplitName = 'train';
    for (let i = 0; i < documents; i++) {
      const identity = { high: identities[2 * i] ?? 0, low: identities[2 * i + 1] ?? 0 };
      const from = row;
      row += examples[i] ?? 0;
      statistics.documents++;
      statistics.characters += characters[i] ?? 0;
      this.#absorb(identity.high, identity.low);
      if (!this.#seen.add(identity)) {
        statistics.duplicates++;
        continue;
      }
      this.#fresh.push(identity.high, identity.low);
      for (let c = 0; c < kinds; c++) sums[c] = (sums[c] ?? 0) + (counts[i * kinds + c] ?? 0);
      if (contaminated[i] === 1) {
        statistics.contaminated++;
        continue;
      }
      if (row === from) {
        statistics.empty++;
        continue;
      }
      statistics.examples += row - from;
      for (let r = from; r < row; r++) {
        statistics.filled += columns.lengths[r] ?? 0;
        columns.documents[r] = this.#kept;
      }
      this.#kept++;
      const split = isHeldOut(identity, heldOut) ? 'validation' : 'train';
      if (split !== into || from !== end) {
        await this.#writers[into].append(columns, start, end);
        into = split;
        start = from;
      }
      end = row;
    }
    await this.#writers[into].append(columns, start, end);
    COUNT_NAMES.forEach((name, c) => {
      statistics[name] += sums[c] ?? 0;
    });
    this.#chunks++;
  }

  /** Makes everything so far durable. */
  async save(): Promise<void> {
    const { folder } = this.#options;
    const tag = String(this.#chunks);
    const bytes = new Uint8Array(Uint32Array.from(this.#fresh).buffer);
    await this.#seenFile?.write(bytes, 0, bytes.length, this.#saved * 8);
    await this.#seenFile?.sync();
    this.#saved += this.#fresh.length / 2;
    this.#fresh = [];
    const state: SavedState = {
      settings: this.#settings(),
      chunks: this.#chunks,
      kept: this.#kept,
      seen: this.#saved,
      lanes: [...this.#lanes],
      statistics: this.#statistics,
      splits: {
        train: await this.#writers.train.save(tag),
        validation: await this.#writers.validation.save(tag),
      },
    };
    const old = await readFile(join(folder, STATE_NAME), 'utf8').catch(() => undefined);
    await writeFileAtomic(join(folder, STATE_NAME), JSON.stringify(state));
    if (old === undefined) return;
    for (const { pending } of Object.values((JSON.parse(old) as SavedState).splits))
      if (pending && !pending.file.endsWith(`-${tag}.bin`))
        await rm(join(folder, pending.file), { force: true });
  }

  /** Writes what is left and closes the last shards. */
  async finish(): Promise<FinishedBuild> {
    const splits = {
      train: await this.#writers.train.finish(),
      validation: await this.#writers.validation.finish(),
    };
    const inputHash = [...this.#lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
    const { configuration, format } = this.#options;
    return { configuration, statistics: this.#statistics, inputHash, splits, format };
  }

  /** Closes the files; what was saved stays. */
  async abandon(): Promise<void> {
    for (const split of SPLITS) await this.#writers[split].abandon();
    await this.#seenFile?.close();
    this.#seenFile = undefined;
  }

  async #savedState(): Promise<SavedState | undefined> {
    const file = join(this.#options.folder, STATE_NAME);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const state = JSON.parse(text) as SavedState;
    this.#check(state.settings, this.#settings());
    return state;
  }

  #check(found: string, expected: string): void {
    if (found === expected) return;
    const { folder } = this.#options;
    throw new ShardError(
      `${folder} holds an unfinished build with other options: found ${found}, expected ${expected}.\n` +
        'Use the same options to finish it, or remove that folder to start again.',
      { code: 'mismatch', file: folder },
    );
  }

  #settings(): string {
    const { configuration, textKey, input } = this.#options;
    return canonicalJson({ ...configuration, textKey, input, identity: IDENTITY });
  }

  #absorb(high: number, low: number): void {
    const lanes = this.#lanes;
    for (let lane = 0; lane < 4; lane++) {
      const word = lane % 2 === 0 ? high : low;
      lanes[lane] = mix32((lanes[lane] ?? 0) ^ word) + (lanes[(lane + 3) % 4] ?? 0);
    }
  }
}
