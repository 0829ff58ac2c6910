// The text column of Arrow streams, as `save_to_disk` and the cache of Hugging Face datasets write them.
//
// Readers do not notice a stream cut between two batches; here the messages are walked and the end mark is
// demanded.

import { open } from 'node:fs/promises';
import {
  type Data,
  DataType,
  type LargeUtf8,
  RecordBatchReader,
  type Utf8,
  type Vector,
} from 'apache-arrow';
import { END_OF_STREAM } from './arrow-examples.js';
import { type RawDocument, withoutMark } from './document.js';
import { ShardError } from './shard-error.js';

export interface ArrowMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch';
  readonly offset: number;
  readonly length: number;
}

const MAX_METADATA = 1 << 26;

/** The messages of a stream file, from their lengths alone. */
export async function arrowMessages(path: string): Promise<readonly ArrowMessage[]> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const messages: ArrowMessage[] = [];
    for (let offset = 0; ; ) {
      const prefix = Buffer.alloc(8);
      const { bytesRead } = await handle.read(prefix, 0, 8, offset);
      if (bytesRead < 8 || prefix.readUInt32LE(0) !== 0xffffffff)
        throw broken(
          path,
          offset,
          bytesRead < 8 ? 'the end of the file' : 'other bytes',
          'a message or the end mark',
        );
      const metadataLength = prefix.readInt32LE(4);
      if (metadataLength === 0) {
        if (offset + 8 !== size)
          throw broken(path, offset + 8, 'bytes after the end mark', 'the end');
        return messages;
      }
      if (metadataLength < 0 || metadataLength > Math.min(MAX_METADATA, size - offset - 8))
        throw broken(path, offset, `metadata of ${metadataLength} bytes`, 'a message');
      const metadata = Buffer.alloc(metadataLength);
      await handle.read(metadata, 0, metadataLength, offset + 8);
      const { kind, bodyLength } = parseMessage(metadata, path, offset);
      const length = 8 + metadataLength + bodyLength;
      if (offset + length > size)
        throw broken(
          path,
          offset,
          `the end of the file at ${size}`,
          `a message up to ${offset + length}`,
        );
      messages.push({ kind, offset, length });
      offset += length;
    }
  } finally {
    await handle.close();
  }
}

/** Bytes of the given messages of a file, one after another, with an end mark. */
export async function readMessages(
  path: string,
  messages: readonly ArrowMessage[],
): Promise<Uint8Array> {
  const size = messages.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(size + END_OF_STREAM.length);
  const handle = await open(path, 'r');
  try {
    let at = 0;
    for (const { offset, length } of messages) {
      await handle.read(bytes, at, length, offset);
      at += length;
    }
    bytes.set(END_OF_STREAM, at);
  } finally {
    await handle.close();
  }
  return bytes;
}

/** The documents of a stream in memory. */
export function* arrowDocuments(
  bytes: Uint8Array,
  name: string,
  textKey: string,
): Generator<RawDocument> {
  let row = 0;
  for (const batch of RecordBatchReader.from(bytes)) {
    const column = batch.getChild(textKey);
    if (!column) {
      const columns = batch.schema.fields.map((field) => field.name).join(', ');
      throw new ShardError(
        `${name} has no column "${textKey}": found ${columns}.\n` +
          'Name the column that holds the text with the option textKey.',
        { code: 'format', file: name, found: columns, expected: textKey },
      );
    }
    for (const text of utf8Of(column) ?? column) {
      if (typeof text !== 'string' && !(text instanceof Uint8Array))
        throw new ShardError(
          `${name}, row ${row}: "${textKey}" is ${text === null ? 'null' : typeof text}, expected a text.`,
          { code: 'format', file: name },
        );
      yield { id: `${name}:${row++}`, text };
    }
  }
}

/** The values of a plain text column as they stand, without strings; undefined for dictionaries and columns with gaps. */
function utf8Of({ data, type, nullCount }: Vector): Iterable<Uint8Array> | undefined {
  const [part] = data;
  const isPlain = DataType.isUtf8(type) || DataType.isLargeUtf8(type);
  if (!isPlain || nullCount > 0 || !part) return undefined;
  const { values, valueOffsets, length } = part as Data<Utf8 | LargeUtf8>;
  return Array.from({ length }, (_, i) =>
    withoutMark(values.subarray(Number(valueOffsets[i]), Number(valueOffsets[i + 1]))),
  );
}

/** Reads type and body length from a Message flatbuffer: fields 1 and 3 of its root table. */
function parseMessage(
  metadata: Buffer,
  path: string,
  offset: number,
): { kind: ArrowMessage['kind']; bodyLength: number } {
  try {
    const table = metadata.readUInt32LE(0);
    const vtable = table - metadata.readInt32LE(table);
    const entries = (metadata.readUInt16LE(vtable) - 4) / 2;
    const fieldAt = (index: number): number =>
      index < entries ? metadata.readUInt16LE(vtable + 4 + 2 * index) : 0;
    const [type, body] = [fieldAt(1), fieldAt(3)];
    const kind = ([undefined, 'schema', 'dictionary', 'batch'] as const)[
      type === 0 ? 0 : metadata.readUInt8(table + type)
    ];
    const bodyLength = body === 0 ? 0 : Number(metadata.readBigInt64LE(table + body));
    if (kind && Number.isSafeInteger(bodyLength) && bodyLength >= 0) return { kind, bodyLength };
  } catch (error) {
    throw broken(path, offset, 'metadata that cannot be parsed', 'an Arrow message', error);
  }
  throw broken(path, offset, 'a message of another kind', 'schema, dictionary or record batch');
}

function broken(
  path: string,
  offset: number,
  found: string,
  expected: string,
  cause?: unknown,
): ShardError {
  return new ShardError(
    `${path} is a damaged Arrow stream at byte ${offset}: found ${found}, expected ${expected}.\nCopy or build it again.`,
    { code: 'damaged', file: path, offset, found, expected },
    cause,
  );
}
