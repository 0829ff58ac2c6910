// One split's shards on their way to the disk: rows in, record batches and shard files out.
//
// A batch is written when it is full, a shard is closed when it is full, so the bytes depend on the rows alone.
// save() makes everything so far durable and returns what restore() needs to go on from exactly there.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeFileAtomic } from '@alectra/files';
import { END_OF_STREAM, type ExampleFormat } from './arrow-examples.js';
import { type ExampleColumns, ExampleSink, type SpecialIds } from './example-columns.js';
import type { BatchPart, ShardEntry, SplitName } from './manifest.js';
import { damaged } from './shard-error.js';

interface OpenShard {
  readonly file: string;
  readonly handle: FileHandle;
  readonly hash: Hash;
  bytes: number;
  rows: number;
  batches: BatchPart[];
}

/** State of a split between two chunks of input. Plain JSON. */
export interface SplitState {
  readonly shards: readonly ShardEntry[];
  readonly open?: {
    readonly bytes: number;
    readonly rows: number;
    readonly batches: readonly BatchPart[];
  };
  /** File with the rows that do not fill a batch yet. */
  readonly pending?: { readonly file: string; readonly crc32: number };
}

export interface SplitWriterOptions {
  readonly folder: string;
  readonly split: SplitName;
  /** What it encodes is overwritten by the next batch: of the writers that share one, one works at a time. */
  readonly format: ExampleFormat;
  readonly special: SpecialIds;
  readonly rowsPerBatch: number;
  readonly rowsPerShard: number;
}

export class SplitWriter {
  readonly #options: SplitWriterOptions;
  readonly #pending: ExampleSink;
  #shards: ShardEntry[] = [];
  #open: OpenShard | undefined;

  constructor(options: SplitWriterOptions) {
    this.#options = options;
    const { layout } = options.format;
    this.#pending = new ExampleSink(
      layout.length,
      layout.vocabularySize,
      options.special,
      Math.min(options.rowsPerBatch, 4096),
    );
  }

  get rows(): number {
    const closed = this.#shards.reduce((sum, shard) => sum + shard.rows, 0);
    return closed + (this.#open?.rows ?? 0) + this.#pending.rows;
  }

  /** Appends rows from..to of finished columns, and writes the batches that become full. */
  async append(columns: ExampleColumns, from: number, to: number): Promise<void> {
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + this.#options.rowsPerBatch - this.#pending.rows);
      this.#pending.copy(columns, at, end);
      if (this.#pending.rows === this.#options.rowsPerBatch) await this.#writeBatch();
      at = end;
    }
  }

  /** Makes all rows so far durable. Rows short of a batch go to a file of their own, named by `tag`. */
  async save(tag: string): Promise<SplitState> {
    const { folder, split, format } = this.#options;
    await this.#open?.handle.sync();
    let pending: SplitState['pending'];
    if (this.#pending.rows > 0) {
      const file = `pending-${split}-${tag}.bin`;
      const bytes = format.encode(this.#pending.columns());
      pending = { file, crc32: crc32(bytes) };
      await writeFileAtomic(join(folder, file), bytes);
    }
    const open = this.#open;
    return {
      shards: this.#shards.slice(),
      ...(open && { open: { bytes: open.bytes, rows: open.rows, batches: open.batches.slice() } }),
      ...(pending && { pending }),
    };
  }

  /** Goes back to a saved state: whatever was written after it is cut off. */
  async restore(state: SplitState): Promise<void> {
    const { folder, format } = this.#options;
    this.#shards = state.shards.slice();
    if (state.open) {
      const file = this.#shardName(this.#shards.length);
      const path = join(folder, file);
      await truncate(path, state.open.bytes);
      const hash = createHash('sha256');
      for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
      const handle = await open(path, 'a');
      this.#open = {
        file,
        handle,
        hash,
        bytes: state.open.bytes,
        rows: state.open.rows,
        batches: state.open.batches.slice(),
      };
    }
    if (state.pending) {
      const file = join(folder, state.pending.file);
      const bytes = await readFile(file);
      const found = crc32(bytes);
      if (found !== state.pending.crc32)
        throw damaged({ file, expected: `CRC-32 ${state.pending.crc32}`, found: `${found}` });
      const columns = format.decode(bytes);
      this.#pending.copy(columns, 0, columns.rows);
    }
  }

  /** Writes what is left and closes the last shard. */
  async finish(): Promise<readonly ShardEntry[]> {
    if (this.#pending.rows > 0) await this.#writeBatch();
    await this.#closeShard();
    return this.#shards;
  }

  /** Closes the open file without finishing it. */
  async abandon(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  async #writeBatch(): Promise<void> {
    const { format, rowsPerShard } = this.#options;
    const shard = this.#open ?? (await this.#openShard());
    const rows = this.#pending.rows;
    const message = format.encode(this.#pending.columns());
    shard.batches.push({
      offset: shard.bytes,
      length: message.length,
      rows,
      crc32: crc32(message),
    });
    await write(shard, message);
    shard.rows += rows;
    this.#pending.clear();
    if (shard.rows >= rowsPerShard) await this.#closeShard();
  }

  async #openShard(): Promise<OpenShard> {
    const { folder, split, format } = this.#options;
    const file = this.#shardName(this.#shards.length);
    await mkdir(join(folder, split), { recursive: true });
    const handle = await open(join(folder, file), 'w');
    this.#open = { file, handle, hash: createHash('sha256'), bytes: 0, rows: 0, batches: [] };
    await write(this.#open, format.header);
    return this.#open;
  }

  async #closeShard(): Promise<void> {
    const shard = this.#open;
    if (!shard) return;
    this.#open = undefined;
    await write(shard, END_OF_STREAM);
    await shard.handle.sync();
    await shard.handle.close();
    const { header } = this.#options.format;
    this.#shards.push({
      file: shard.file,
      rows: shard.rows,
      bytes: shard.bytes,
      sha256: shard.hash.digest('hex'),
      header: { offset: 0, length: header.length, crc32: crc32(header) },
      batches: shard.batches,
    });
  }

  #shardName(index: number): string {
    return `${this.#options.split}/data-${String(index).padStart(5, '0')}.arrow`;
  }
}

async function write(shard: OpenShard, bytes: Uint8Array): Promise<void> {
  await shard.handle.writeFile(bytes);
  shard.hash.update(bytes);
  shard.bytes += bytes.length;
}
