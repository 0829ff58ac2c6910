// Reading `tf_model.h5`, the Keras weights of Hugging Face's former TensorFlow models, under their PyTorch names.
//
// Datasets lie at <layer>/<scope>/…/<name>:0. Names and transposes after transformers 4,
// modeling_tf_pytorch_utils.py, convert_tf_weight_name_to_pt_weight_name.

import { openBytes } from './byte-source.js';
import { CheckpointError } from './checkpoint-error.js';
import { type Dtype, dtypeBytes, viewAs } from './dtype.js';
import { type Hdf5Dataset, readDatasets } from './hdf5.js';
import { unknownName } from './safetensors-read.js';
import { emptyRecord, type TensorInfo, type WeightSource, type WeightTensor } from './weights.js';

interface TfTensor extends TensorInfo {
  readonly stored: Hdf5Dataset;
  /** Kernels are stored `[in, out]`, PyTorch's weights `[out, in]`. */
  readonly isTransposed: boolean;
}

const RENAMED: ReadonlyMap<string, string> = new Map([
  ['kernel', 'weight'],
  ['embeddings', 'weight'],
  ['gamma', 'weight'],
  ['beta', 'bias'],
]);

/**
 * Opens a `tf_model.h5`: names, types and shapes as the PyTorch model has them; no data.
 *
 * @throws CheckpointError `bad-hdf5`, `unknown-format`, `duplicate-name`
 */
export async function openTfH5(from: string | Uint8Array): Promise<WeightSource> {
  const bytes = await openBytes(from);
  const { path } = bytes;
  try {
    const tensors = new Map<string, TfTensor>();
    for (const dataset of await readDatasets(bytes)) {
      const { name, tensor } = translate(dataset);
      if (tensors.has(name)) {
        throw new CheckpointError(
          'duplicate-name',
          `${path} holds two arrays that would be "${name}".\nConvert it in Python to safetensors.`,
        );
      }
      tensors.set(name, tensor);
    }
    const read = async ({
      dtype,
      shape,
      stored,
      isTransposed,
    }: TfTensor): Promise<WeightTensor> => {
      const raw = await bytes.read(stored.begin, stored.end);
      const data = isTransposed ? transposed(raw, stored.shape, dtype) : raw;
      return { dtype, shape, data: viewAs(dtype, data) };
    };
    return {
      path,
      format: 'hdf5',
      metadata: {},
      tensors,
      read(name) {
        const tensor = tensors.get(name);
        return tensor ? read(tensor) : Promise.reject(unknownName(name, path));
      },
      async readAll() {
        const record = emptyRecord<WeightTensor>();
        for (const [name, tensor] of tensors) record[name] = await read(tensor);
        return record;
      },
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function translate(stored: Hdf5Dataset): { name: string; tensor: TfTensor } {
  const { path, dtype, shape } = stored;
  const parts = path
    .slice(1) // Keras's name of the layer; its weights' names begin with the model's scope
    .join('/')
    .replace(/:0$/, '')
    .replace(/\/[^/]*___([^/]*)\//g, '/$1/')
    .replaceAll('_._', '/')
    .split('/')
    .filter((part) => part !== '');
  if (parts.length > 1) parts.shift(); // the scope, such as tf_albert_model
  const last = parts.pop() ?? path.join('.');
  const isTransposed = last === 'kernel' && shape.length === 2;
  const name = [...parts, RENAMED.get(last) ?? last].join('.');
  const form = isTransposed ? [shape[1], shape[0]] : isRow(last, shape) ? [shape[1]] : shape;
  return { name, tensor: { dtype, shape: form, stored, isTransposed } };
}

// GPT's TensorFlow biases are `[1, n]`.
function isRow(last: string, shape: readonly number[]): boolean {
  return last === 'bias' && shape.length === 2 && shape[0] === 1;
}

function transposed(raw: Uint8Array, [rows, columns]: readonly number[], dtype: Dtype): Uint8Array {
  const from = viewAs(dtype, raw);
  const out = new Uint8Array(rows * columns * dtypeBytes(dtype));
  const to = viewAs(dtype, out);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to[column * rows + row] = from[row * columns + column];
    }
  }
  return out;
}
