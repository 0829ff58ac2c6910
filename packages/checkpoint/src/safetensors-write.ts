// Writing safetensors: the same bytes as the Python library for the same tensors.
//
// Order: wider types first, then by name (as UTF-8), so that all data is aligned. The header is padded with blanks
// to a multiple of 8. Metadata keeps the order it is given in.

import { writeFileAtomic } from '@alectra/files';
import { arrayName, dtypeBytes, dtypeRank, holds } from './dtype.js';
import { LONE_SURROGATE } from './json-scanner.js';
import { MAX_HEADER_BYTES } from './safetensors-header.js';
import { elementCount, type WeightRecord, type WeightTensor } from './weights.js';

export type Metadata = Readonly<Record<string, string>>;

/**
 * Writes tensors to `path`, atomically. Tensors are written one after another, without a copy of the whole.
 *
 * Metadata `{ format: 'pt' }` is what Hugging Face's loaders ask for; it is the default. Tensors that share memory
 * are written twice: leave one of them out.
 *
 * @throws RangeError or TypeError if a tensor's data does not fit its type and shape
 */
export async function writeSafetensors(
  path: string,
  tensors: WeightRecord,
  metadata: Metadata = { format: 'pt' },
): Promise<void> {
  await writeFileAtomic(path, safetensorsParts(tensors, metadata));
}

/** A safetensors file in memory. */
export function encodeSafetensors(
  tensors: WeightRecord,
  metadata: Metadata = { format: 'pt' },
): Uint8Array {
  return Buffer.concat([...safetensorsParts(tensors, metadata)]);
}

function* safetensorsParts(tensors: WeightRecord, metadata: Metadata): Generator<Uint8Array> {
  const ordered = fileOrder(tensors);
  for (const [name, tensor] of ordered) check(name, tensor);
  yield header(ordered, metadata);
  for (const [, { data }] of ordered) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

function fileOrder(tensors: WeightRecord): [string, WeightTensor][] {
  return Object.entries(tensors)
    .map(([name, tensor]) => ({ key: Buffer.from(name), name, tensor }))
    .sort(
      (a, b) =>
        dtypeRank(b.tensor.dtype) - dtypeRank(a.tensor.dtype) || Buffer.compare(a.key, b.key),
    )
    .map(({ name, tensor }) => [name, tensor]);
}

function header(ordered: [string, WeightTensor][], metadata: Metadata): Uint8Array {
  const fields: string[] = [];
  const notes = Object.entries(metadata);
  if (notes.length > 0) {
    const pairs = notes.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    fields.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let at = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const offsets = [at, at + data.byteLength];
    at += data.byteLength;
    fields.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`,
    );
  }
  const json = Buffer.from(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > MAX_HEADER_BYTES) {
    throw new RangeError(
      `checkpoint: cannot write ${ordered.length} tensors: the header takes ${padded} bytes, ` +
        `at most ${MAX_HEADER_BYTES} are allowed.\nSplit them over several files.`,
    );
  }
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(bytes, 8);
  return bytes;
}

function check(name: string, { dtype, shape, data }: WeightTensor): void {
  if (LONE_SURROGATE.test(name)) {
    throw new RangeError(
      `checkpoint: cannot write a tensor named ${JSON.stringify(name)}: it holds half of a surrogate pair.\nRename it.`,
    );
  }
  if (name === '__metadata__') {
    throw new RangeError(
      'checkpoint: cannot write a tensor named "__metadata__": the format reserves the name.\nRename it.',
    );
  }
  if (!holds(dtype, data)) {
    throw new TypeError(
      `checkpoint: cannot write "${name}" as ${dtype}: its data is no ${arrayName(dtype)}.\n` +
        'Convert it with fromHostTensor, or name the type that it has.',
    );
  }
  if (
    !shape.every((size) => Number.isSafeInteger(size) && size >= 0) ||
    data.byteLength !== elementCount(shape) * dtypeBytes(dtype)
  ) {
    throw new RangeError(
      `checkpoint: cannot write "${name}": it has ${data.length} values, its shape [${shape.join(', ')}] says otherwise.\n` +
        'Pass the shape that belongs to the values.',
    );
  }
}
