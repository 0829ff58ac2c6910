// Reading safetensors: all at once into one buffer, or tensor by tensor by byte ranges.

import { constants } from 'node:buffer';
import { openBytes } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';
import { viewAs } from './dtype.js';
import { headerLength, parseHeader, type StoredTensor } from './safetensors-header.js';
import { emptyRecord, type WeightRecord, type WeightSource, type WeightTensor } from './weights.js';

/**
 * Opens a safetensors file (or bytes): reads and validates its header, and no data. Close it when done.
 *
 * Validated: header at most 100 MB, UTF-8, strict JSON, distinct names, known types, shapes that fit their bytes,
 * data without holes, overlap, or bytes before, between or after the tensors.
 *
 * @throws CheckpointError with a code for each fault
 */
export async function openSafetensors(from: string | Uint8Array): Promise<WeightSource> {
  const bytes = await openBytes(from);
  const { path } = bytes;
  try {
    const start = await bytes.read(0, Math.min(8, bytes.byteLength));
    const length = headerLength(start, bytes.byteLength, path);
    const dataAt = 8 + length;
    const json = await bytes.read(8, dataAt);
    const { metadata, tensors } = parseHeader(json, bytes.byteLength - dataAt, path);
    return {
      path,
      format: 'safetensors',
      metadata,
      tensors,
      async read(name) {
        const info = tensors.get(name);
        if (!info) throw unknownName(name, path);
        return asTensor(info, await bytes.read(dataAt + info.begin, dataAt + info.end));
      },
      async readAll() {
        const record = emptyRecord<WeightTensor>();
        const isOneBuffer = bytes.byteLength - dataAt <= constants.MAX_LENGTH; // 4 GiB in Node 20
        const all = isOneBuffer ? await bytes.read(dataAt, bytes.byteLength) : undefined;
        for (const [name, info] of tensors) {
          const part =
            all?.subarray(info.begin, info.end) ??
            (await bytes.read(dataAt + info.begin, dataAt + info.end));
          record[name] = asTensor(info, part);
        }
        return record;
      },
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/**
 * Reads all tensors of a safetensors file (or bytes).
 *
 * The values are views of one buffer, which lives as long as any of them does.
 */
export async function readSafetensors(from: string | Uint8Array): Promise<WeightRecord> {
  const source = await openSafetensors(from);
  try {
    return await source.readAll();
  } finally {
    await source.close();
  }
}

export function unknownName(name: string, path: string): CheckpointError {
  return new CheckpointError(
    'unknown-name',
    `there is no tensor "${name}" in ${path}.\nThe names are in its \`tensors\` map.`,
  );
}

function asTensor({ dtype, shape }: StoredTensor, bytes: Uint8Array): WeightTensor {
  return { dtype, shape, data: viewAs(dtype, bytes) };
}
