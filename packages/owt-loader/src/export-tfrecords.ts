// A split as TFRecords in ELECTRA's schema and file names, for TensorFlow's own ELECTRA: examples in file order,
// dealt round-robin to pretrain_data.tfrecord-<i>-of-<n>.

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { frameRecord, writeFolderAtomic } from '@alectra/files';
import type { SplitName } from './manifest.js';
import { readBatch, type ShardFolder, shardsOf } from './open-shards.js';
import { encodeExample } from './tf-example.js';

const BUFFER_BYTES = 1 << 16;

export interface ExportOptions {
  readonly split?: SplitName;
  /** Files to deal to. ELECTRA writes 1,000. */
  readonly files?: number;
}

/**
 * Writes a split to a new folder.
 *
 * @returns examples written
 */
export async function exportTfRecords(
  shards: ShardFolder,
  output: string,
  { split = 'train', files = 1000 }: ExportOptions = {},
): Promise<number> {
  if (!Number.isInteger(files) || files < 1)
    throw new RangeError(`owt-loader: cannot export to ${files} files: expected at least 1.`);
  let examples = 0;
  await writeFolderAtomic(output, async (folder) => {
    await mkdir(folder, { recursive: true });
    const writers: RecordFile[] = [];
    try {
      for (let i = 0; i < files; i++) {
        const name = `pretrain_data.tfrecord-${i}-of-${files}`;
        writers.push(new RecordFile(await open(join(folder, name), 'w')));
      }
      for (const shard of shardsOf(shards, split))
        for (let batch = 0; batch < shard.batches.length; batch++) {
          const columns = await readBatch(shards, shard, batch);
          const L = shards.manifest.configuration.length;
          for (let row = 0; row < columns.rows; row++) {
            const length = columns.lengths[row] ?? 0;
            const segmentB = columns.splits[row] ?? 0;
            const positions = Uint8Array.from({ length: L }, (_, i) => i);
            const payload = encodeExample({
              inputIds: columns.ids.subarray(row * L, (row + 1) * L),
              inputMask: positions.map((_, i) => (i < length ? 1 : 0)),
              segmentIds: positions.map((_, i) => (i >= segmentB && i < length ? 1 : 0)),
            });
            await writers[examples++ % files]?.write(payload);
          }
        }
      for (const writer of writers) await writer.flush();
    } finally {
      for (const writer of writers) await writer.close();
    }
  });
  return examples;
}

/** A file whose records are gathered to pieces worth a write. */
class RecordFile {
  readonly #handle: FileHandle;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(payload: Uint8Array): Promise<void> {
    const frame = frameRecord(payload);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes >= BUFFER_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes > 0) await this.#handle.writeFile(Buffer.concat(this.#frames));
    this.#frames = [];
    this.#bytes = 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
