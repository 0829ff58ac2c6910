// Reading `pytorch_model.bin`, in the zip layout (PyTorch 1.6 and later) and in the one before.
//
// zip:    <root>/data.pkl, the state dict; <root>/data/<key>, one stored member for each storage
// legacy: five pickles (magic number, protocol 1001, system, state dict, storage keys), then for each key an
//         int64 length and the values                              (torch/serialization.py, _legacy_save)

import { type ByteSource, openBytes } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';
import { dtypeBytes, viewAs } from './dtype.js';
import { unknownName } from './safetensors-read.js';
import { readLegacyLayout } from './torch-legacy.js';
import { badStorage, type TorchLayout, TorchTensor } from './torch-tensors.js';
import { readZipLayout } from './torch-zip.js';
import { elementCount, emptyRecord, type WeightSource, type WeightTensor } from './weights.js';

/**
 * Opens a PyTorch weight file holding a state dict: its tensors' names, types and shapes; no data.
 *
 * Nothing in the file is executed: see `unpickle.ts`. Tensors that share a storage (tied weights) share memory when
 * read by `readAll`.
 *
 * @throws CheckpointError `forbidden-global`, `forbidden-opcode`, `bad-pickle`, `bad-zip`, `bad-storage`,
 *   `unknown-format`, `truncated`, `trailing-bytes`
 */
export async function openTorch(from: string | Uint8Array): Promise<WeightSource> {
  const bytes = await openBytes(from);
  try {
    const layout = await layoutOf(bytes);
    const tensors = stateDict(layout.state, bytes);
    return sourceOf(bytes, layout, tensors);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function layoutOf(bytes: ByteSource): Promise<TorchLayout> {
  const start = await bytes.read(0, Math.min(4, bytes.byteLength));
  if (start[0] === 0x50 && start[1] === 0x4b) return readZipLayout(bytes);
  if (start[0] === 0x80) return readLegacyLayout(bytes);
  throw new CheckpointError(
    'unknown-format',
    `${bytes.path} is no PyTorch file: it begins with neither a zip nor a pickle.\n` +
      'Check that the download is complete and is not a pointer or an error page.',
  );
}

function stateDict(state: TorchLayout['state'], bytes: ByteSource): Map<string, TorchTensor> {
  const { path, byteLength } = bytes;
  if (!(state instanceof Map)) throw noStateDict(path, 'no dictionary');
  const tensors = new Map<string, TorchTensor>();
  let copied = 0;
  for (const [name, value] of state) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor)) {
      throw noStateDict(path, `an entry ${JSON.stringify(String(name))} that is no tensor`);
    }
    if (!isContiguous(value)) copied += elementCount(value.shape) * dtypeBytes(value.dtype);
    tensors.set(name, value);
  }
  // Each such tensor takes memory of its own, though all may view the same few bytes.
  if (copied > byteLength) throw badStorage(path, `its views would take ${copied} bytes`);
  return tensors;
}

function sourceOf(
  bytes: ByteSource,
  { read }: TorchLayout,
  tensors: ReadonlyMap<string, TorchTensor>,
): WeightSource {
  const extract = async (
    tensor: TorchTensor,
    storage: Promise<Uint8Array>,
  ): Promise<WeightTensor> => {
    const { dtype, shape } = tensor;
    return { dtype, shape, data: viewAs(dtype, pick(tensor, await storage)) };
  };
  return {
    path: bytes.path,
    format: 'torch',
    metadata: {},
    tensors,
    async read(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw unknownName(name, bytes.path);
      return extract(tensor, read(tensor.storage));
    },
    async readAll() {
      const storages = new Map<string, Promise<Uint8Array>>();
      const record = emptyRecord<WeightTensor>();
      for (const [name, tensor] of tensors) {
        const { key } = tensor.storage;
        const storage = storages.get(key) ?? read(tensor.storage).then(aligned);
        storages.set(key, storage);
        record[name] = await extract(tensor, storage);
      }
      return record;
    },
    close: () => bytes.close(),
  };
}

// Views of one storage share memory only if none of them has to be copied for its alignment.
function aligned(storage: Uint8Array): Uint8Array {
  return storage.byteOffset % 8 === 0 ? storage : storage.slice();
}

/** The bytes of a view, in row-major order: a part of the storage, or a copy if its values lie otherwise. */
function pick(tensor: TorchTensor, storage: Uint8Array): Uint8Array {
  const { offset, shape, strides, dtype } = tensor;
  const width = dtypeBytes(dtype);
  const count = elementCount(shape);
  if (isContiguous(tensor)) return storage.subarray(offset * width, (offset + count) * width);
  const out = new Uint8Array(count * width);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < width; byte++) {
      out[to * width + byte] = storage[from * width + byte];
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

function isContiguous({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return elementCount(shape) === 0;
    expected *= shape[axis];
  }
  return true;
}

function noStateDict(path: string, what: string): CheckpointError {
  return new CheckpointError(
    'bad-pickle',
    `${path} holds ${what}, expected a state dict: names and tensors only.\n` +
      'Load the file in Python and save the state dict alone: `torch.save(model.state_dict(), path)`.',
  );
}
