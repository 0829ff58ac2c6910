// The safetensors header: parsed strictly, and validated before a byte of data is looked at.
//
// Format: huggingface/safetensors, README "Format". uint64 length, then JSON: name → dtype, shape, data_offsets.
// JSON.parse would keep the last of two equal names and turn 2^64 - 2 into a float, both silently; the header is
// flat, so a scanner of its own is short, and refuses both. Rules beyond the format's: no unknown fields.

import { CheckpointError } from './checkpoint-error.js';
import { dtypeBytes, isDtype } from './dtype.js';
import { JsonScanner } from './json-scanner.js';
import { elementCount, type TensorInfo } from './weights.js';

export const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 64;

export interface StoredTensor extends TensorInfo {
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** One past the last byte. */
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Length of the JSON header, from the first bytes of a file.
 *
 * @param start at least the first 8 bytes, if the file has them
 * @throws CheckpointError `truncated`, `header-too-large`
 */
export function headerLength(start: Uint8Array, fileBytes: number, path: string): number {
  if (start.length < 8) {
    throw new CheckpointError(
      'truncated',
      `${path} is no safetensors file: it has ${fileBytes} bytes, the length field alone takes 8.\n` +
        'Copy or download the file again.',
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new CheckpointError(
      'header-too-large',
      `${path} is no safetensors file: its header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed.\n` +
        'Check that the file is not in another format.',
    );
  }
  if (8n + length > BigInt(fileBytes)) {
    throw new CheckpointError(
      'truncated',
      `${path} is cut short: its header claims ${length} bytes, the file has ${fileBytes - 8} after the length field.\n` +
        'Copy or download the file again.',
    );
  }
  return Number(length);
}

/**
 * Parses and validates the JSON header.
 *
 * @param dataBytes length of the file after the header; the tensors must fill it exactly
 */
export function parseHeader(json: Uint8Array, dataBytes: number, path: string): SafetensorsHeader {
  const file: HeaderFile = { path, dataBytes, name: undefined };
  const scanner = new JsonScanner(decode(json, path), (what, within) => {
    if (within === 'shape') return refuse(file, 'bad-shape', `its shape ${what}`);
    if (within === 'data_offsets') return refuse(file, 'bad-offsets', `data_offsets ${what}`);
    return refuse(file, 'header-not-json', what);
  });
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> | undefined;
  scanner.object((name) => {
    file.name = name;
    if (name === '__metadata__') {
      if (metadata) throw refuse(file, 'duplicate-name', 'the name occurs twice');
      metadata = parseMetadata(scanner, path);
    } else {
      if (tensors.has(name)) throw refuse(file, 'duplicate-name', 'the name occurs twice');
      tensors.set(name, parseTensor(scanner, file));
    }
    file.name = undefined;
  });
  scanner.end();
  return { metadata: metadata ?? {}, tensors: inDataOrder(tensors, file) };
}

interface HeaderFile {
  readonly path: string;
  readonly dataBytes: number;
  /** The tensor being read, for messages. */
  name: string | undefined;
}

function refuse(
  { path, name }: HeaderFile,
  code: CheckpointError['code'],
  what: string,
): CheckpointError {
  const where = name === undefined ? `the header of ${path}` : `tensor "${name}" in ${path}`;
  return new CheckpointError(
    code,
    `${where}: ${what}.\nThe file is damaged or was not written by safetensors.`,
  );
}

function decode(json: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch (cause) {
    throw new CheckpointError(
      'header-not-utf8',
      `the header of ${path} is not UTF-8.\nThe file is damaged or in another format.`,
      { cause },
    );
  }
}

function parseMetadata(scanner: JsonScanner, path: string): Record<string, string> {
  const metadata = new Map<string, string>();
  const refuse = (what: string): CheckpointError =>
    new CheckpointError(
      'bad-metadata',
      `__metadata__ in ${path}: ${what}.\nThe format allows text values under distinct names only.`,
    );
  if (!scanner.isNext('{')) throw refuse('it is not an object');
  scanner.object((key) => {
    if (metadata.has(key)) throw refuse(`"${key}" occurs twice`);
    if (!scanner.isNext('"')) throw refuse(`the value of "${key}" is not text`);
    metadata.set(key, scanner.string());
  });
  return Object.fromEntries(metadata); // defines, does not assign: `__proto__` is harmless
}

function parseTensor(scanner: JsonScanner, file: HeaderFile): StoredTensor {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object((field) => {
    if (field === 'dtype' && dtype === undefined) dtype = scanner.string();
    else if (field === 'shape' && !shape) shape = scanner.integers(field, MAX_RANK);
    else if (field === 'data_offsets' && !offsets) offsets = scanner.integers(field, 2);
    else if (field === 'dtype' || field === 'shape' || field === 'data_offsets') {
      throw refuse(file, 'duplicate-name', `"${field}" is given twice`);
    } else throw refuse(file, 'header-not-json', `unknown field "${field}"`);
  });
  if (dtype === undefined || !shape || offsets?.length !== 2) {
    throw refuse(file, 'header-not-json', 'dtype, shape and two data_offsets are needed');
  }
  if (!isDtype(dtype)) throw refuse(file, 'unknown-dtype', `unknown element type "${dtype}"`);
  const [begin, end] = offsets;
  const bytes = elementCount(shape) * dtypeBytes(dtype);
  if (!Number.isSafeInteger(bytes)) {
    throw refuse(file, 'bad-shape', `its shape [${shape.join(', ')}] has too many elements`);
  }
  if (end < begin) {
    throw refuse(file, 'bad-offsets', `it ends at ${end}, before its begin at ${begin}`);
  }
  if (end - begin !== bytes) {
    const type = `${dtype} [${shape.join(', ')}]`;
    const sizes = `takes ${bytes} bytes, data_offsets give ${end - begin}`;
    throw refuse(file, 'size-mismatch', `${type} ${sizes}`);
  }
  return { dtype, shape, begin, end };
}

// No holes, no overlap, from the first byte to the last: nothing can hide in the file.
function inDataOrder(
  tensors: Map<string, StoredTensor>,
  file: HeaderFile,
): Map<string, StoredTensor> {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of ordered) {
    file.name = name;
    if (end > file.dataBytes) {
      const sizes = `byte ${end} of the data, which has ${file.dataBytes}`;
      throw refuse(file, 'truncated', `it ends at ${sizes}`);
    }
    if (begin < at) throw refuse(file, 'overlap', `it begins at ${begin}, inside the one before`);
    if (begin > at) throw refuse(file, 'hole', `bytes ${at} to ${begin} before it belong to none`);
    at = end;
  }
  if (at !== file.dataBytes) {
    throw new CheckpointError(
      'trailing-bytes',
      `${file.path} has ${file.dataBytes - at} bytes after its last tensor.\n` +
        'The file is damaged, or hides something.',
    );
  }
  return new Map(ordered);
}
