// TFRecord framing: ELECTRA's pretraining records and TensorBoard's event files.
//
// Each record is a little-endian uint64 length, the masked CRC-32C of those eight bytes, the payload, and the
// masked CRC-32C of the payload (TensorFlow, tensorflow/core/lib/io/record_writer.h).

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { maskedCrc32c } from './crc32c.js';
import { FileError } from './file-error.js';

const HEADER = 12;
const FOOTER = 4;
const READ_BYTES = 1 << 20;

/** One payload with its framing, ready to be written. */
export function frameRecord(payload: Uint8Array): Uint8Array {
  const framed = new Uint8Array(HEADER + payload.length + FOOTER);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(payload, HEADER);
  view.setUint32(HEADER + payload.length, maskedCrc32c(payload), true);
  return framed;
}

export interface ReadRecordsOptions {
  /** End quietly at a record cut off by the end of the file, as for a file that is still being written. */
  readonly allowTornTail?: boolean;
}

/**
 * The payloads of a TFRecord file, in order. Memory: one buffer of at least 1 MiB, or the largest record.
 *
 * Each payload is a copy that the caller may keep. Both checksums are tested.
 *
 * @throws FileError `bad-checksum` or `torn-record`, naming the record and its offset
 */
export async function* readTfRecords(
  path: string,
  { allowTornTail = false }: ReadRecordsOptions = {},
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let buffer: Buffer = Buffer.alloc(0);
    let at = 0; // of the next record, in the buffer
    let fileAt = 0; // of the next record, in the file
    for (let record = 0; fileAt < size; record++) {
      const where = `record ${record} at byte ${fileAt} of ${path}`;
      const need = async (count: number): Promise<boolean> => {
        if (buffer.length - at >= count) return true;
        if (fileAt + count > size) return false;
        buffer = await readAt(handle, fileAt, Math.min(size - fileAt, Math.max(count, READ_BYTES)));
        at = 0;
        return buffer.length >= count;
      };
      if (!(await need(HEADER))) return torn(allowTornTail, path, where);
      if (maskedCrc32c(buffer.subarray(at, at + 8)) !== buffer.readUInt32LE(at + 8)) {
        throw badChecksum(path, `the length of ${where}`);
      }
      const length = Number(buffer.readBigUInt64LE(at));
      if (!(await need(HEADER + length + FOOTER))) return torn(allowTornTail, path, where);
      const payload = Uint8Array.prototype.slice.call(buffer, at + HEADER, at + HEADER + length);
      if (maskedCrc32c(payload) !== buffer.readUInt32LE(at + HEADER + length)) {
        throw badChecksum(path, `the payload of ${where}`);
      }
      yield payload;
      at += HEADER + length + FOOTER;
      fileAt += HEADER + length + FOOTER;
    }
  } finally {
    await handle.close();
  }
}

/** A TFRecord file being written. Not atomic: event files are read while they grow. */
export interface TfRecordWriter {
  readonly path: string;
  write(payload: Uint8Array): Promise<void>;
  /** Flushes to the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a TFRecord file at its end, making it and its folder if they are missing. */
export async function openTfRecordWriter(path: string): Promise<TfRecordWriter> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a');
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (action: () => Promise<void>): Promise<void> => {
    const result = last.then(action);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    path,
    write: (payload) => inOrder(() => handle.appendFile(frameRecord(payload))),
    sync: () => inOrder(() => handle.datasync()),
    close: () => inOrder(() => handle.close()),
  };
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break; // the file was cut while it was read
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function torn(allowed: boolean, path: string, where: string): void {
  if (allowed) return;
  throw new FileError(
    'torn-record',
    path,
    `cannot read ${where}: the file ends inside it.\n` +
      'It was cut short while being written or copied; copy it again, or allow a torn tail.',
  );
}

function badChecksum(path: string, what: string): FileError {
  return new FileError(
    'bad-checksum',
    path,
    `${what} does not match its checksum.\n` +
      'The file is damaged or is no TFRecord file (compressed ones must be unpacked first).',
  );
}
