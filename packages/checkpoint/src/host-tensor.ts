// Between the element types of files and the three that computation uses: float32, int32, bool.

import { CheckpointError } from './checkpoint-error.js';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './half-precision.js';
import type { WeightTensor } from './weights.js';

/** A tensor as engines take it: the same shape as `HostTensor` of `@alectra/jit`. */
export interface HostTensor {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/**
 * A stored tensor as float32 (all floats), int32 (all integers) or bool. No copy where the type is equal.
 *
 * float64 is rounded to float32.
 *
 * @param name for messages
 * @throws CheckpointError `value-out-of-range` for integers beyond int32, `unsupported-dtype` for 8-bit floats
 */
export function toHostTensor(tensor: WeightTensor, name = 'a tensor'): HostTensor {
  const { dtype, shape, data } = tensor;
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', shape, data: data as Float32Array };
    case 'F16':
      return { dtype: 'float32', shape, data: float16ToFloat32(data as Uint16Array) };
    case 'BF16':
      return { dtype: 'float32', shape, data: bfloat16ToFloat32(data as Uint16Array) };
    case 'F64':
      return { dtype: 'float32', shape, data: Float32Array.from(data as Float64Array) };
    case 'I32':
      return { dtype: 'int32', shape, data: data as Int32Array };
    case 'BOOL':
      return { dtype: 'bool', shape, data: data as Uint8Array };
    case 'F8_E4M3':
    case 'F8_E5M2':
      throw new CheckpointError(
        'unsupported-dtype',
        `cannot compute with "${name}": it is ${dtype}, an 8-bit float.\n` +
          'Convert the checkpoint to float32, float16 or bfloat16 first.',
      );
    default:
      return { dtype: 'int32', shape, data: toInt32(data as ArrayLike<number | bigint>, name) };
  }
}

/** A tensor ready to be written; float32 narrowed to `floats`. No copy where the type is equal. */
export function fromHostTensor(
  { dtype, shape, data }: HostTensor,
  floats: 'F32' | 'F16' | 'BF16' = 'F32',
): WeightTensor {
  if (dtype === 'int32') return { dtype: 'I32', shape, data };
  if (dtype === 'bool') return { dtype: 'BOOL', shape, data };
  const values = data as Float32Array; // by the dtype
  if (floats === 'F16') return { dtype: floats, shape, data: float32ToFloat16(values) };
  if (floats === 'BF16') return { dtype: floats, shape, data: float32ToBfloat16(values) };
  return { dtype: floats, shape, data };
}

function toInt32(values: ArrayLike<number | bigint>, name: string): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = Number(values[i]);
    if (BigInt(out[i]) !== BigInt(values[i])) {
      throw new CheckpointError(
        'value-out-of-range',
        `cannot hold "${name}" as int32: value ${i} is ${values[i]}.\nRead it as it is stored.`,
      );
    }
  }
  return out;
}
