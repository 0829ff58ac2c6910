// PyTorch files from before version 1.6: pickles and raw storages, one after another. No checksums.

import type { ByteSource } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';
import { dtypeBytes } from './dtype.js';
import { badStorage, type TorchLayout, type TorchStorage, torchRules } from './torch-tensors.js';
import { PickleEnd, type PickleValue, unpickle } from './unpickle.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const FIRST_READ = 1 << 20;
const MAX_PICKLE = 100_000_000;

/** Reads the pickles and finds every storage. The storages must fill the rest of the file exactly. */
export async function readLegacyLayout(bytes: ByteSource): Promise<TorchLayout> {
  const { pickles, storages, end } = await readPickles(bytes);
  const [magic, protocol, system, state, keys] = pickles;
  if (magic !== MAGIC || protocol !== PROTOCOL) {
    throw new CheckpointError(
      'unknown-format',
      `${bytes.path} is a pickle, but not one of torch.save: its magic number is ${String(magic)}.\n` +
        'Load it in Python and save it as safetensors.',
    );
  }
  if (!(system instanceof Map) || system.get('little_endian') !== true) {
    throw badStorage(bytes.path, 'it was written on a big-endian machine, or does not say');
  }
  const places = await findStorages(bytes, end, keys, storages);
  return {
    state,
    async read(storage) {
      const begin = places.get(storage.key);
      if (begin === undefined) throw badStorage(bytes.path, `storage "${storage.key}" is missing`);
      return bytes.read(begin, begin + storage.length * dtypeBytes(storage.dtype));
    },
  };
}

interface Pickles {
  readonly pickles: readonly PickleValue[];
  readonly storages: Map<string, TorchStorage>;
  readonly end: number;
}

// How long the pickles are is known only after running them: read some, and more if they were not enough.
async function readPickles(bytes: ByteSource): Promise<Pickles> {
  const { path, byteLength } = bytes;
  for (let length = Math.min(FIRST_READ, byteLength); ; length = Math.min(length * 4, byteLength)) {
    const start = await bytes.read(0, length);
    try {
      return runPickles(start, path);
    } catch (error) {
      if (!(error instanceof PickleEnd)) throw error;
      if (length === byteLength || length > MAX_PICKLE) {
        throw new CheckpointError(
          'truncated',
          `${path} ends inside its list of tensors, at byte ${length}.\nCopy or download the file again.`,
        );
      }
    }
  }
}

function runPickles(start: Uint8Array, path: string): Pickles {
  const storages = new Map<string, TorchStorage>();
  const rules = torchRules(path, storages);
  const nothing = {
    ...rules,
    allowed: new Set<string>(),
    persistent: () => {
      throw badStorage(path, 'a storage is used outside of the state dict');
    },
  };
  const pickles: PickleValue[] = [];
  let end = 0;
  for (let i = 0; i < 5; i++) {
    const result = unpickle(start, end, i === 3 ? rules : nothing);
    pickles.push(result.value);
    end = result.end;
    if (i === 0 && result.value !== MAGIC) break; // some other pickle: do not run on
  }
  return { pickles, storages, end };
}

async function findStorages(
  bytes: ByteSource,
  begin: number,
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, number>> {
  const { path, byteLength } = bytes;
  if (!Array.isArray(keys)) throw badStorage(path, 'its list of storages is no list');
  const places = new Map<string, number>();
  let at = begin;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || places.has(storage.key)) {
      throw badStorage(path, `storage ${JSON.stringify(String(key))} is listed twice or not used`);
    }
    if (at + 8 > byteLength) throw cutShort(path, storage.key, byteLength);
    const field = await bytes.read(at, at + 8);
    const length = new DataView(field.buffer, field.byteOffset, 8).getBigInt64(0, true);
    if (length !== BigInt(storage.length)) {
      throw badStorage(
        path,
        `storage "${storage.key}" has ${length} values, its tensors expect ${storage.length}`,
      );
    }
    places.set(storage.key, at + 8);
    at += 8 + storage.length * dtypeBytes(storage.dtype);
    if (at > byteLength) throw cutShort(path, storage.key, byteLength);
  }
  for (const key of storages.keys()) {
    if (!places.has(key)) throw badStorage(path, `storage "${key}" is missing`);
  }
  if (at !== byteLength) {
    throw new CheckpointError(
      'trailing-bytes',
      `${path} has ${byteLength - at} bytes after its last tensor.\nThe file is damaged, or hides something.`,
    );
  }
  return places;
}

function cutShort(path: string, key: string, byteLength: number): CheckpointError {
  return new CheckpointError(
    'truncated',
    `${path} ends at byte ${byteLength}, inside storage "${key}".\nCopy or download the file again.`,
  );
}
