// Parameters in the float type that a folder is saved with.

import { CheckpointError } from './checkpoint-error.js';
import { fromHostTensor, type HostTensor } from './host-tensor.js';
import type { WeightTensor } from './weights.js';

/** As `torch_dtype` of Hugging Face names them. */
export type FloatDtype = 'float32' | 'float16' | 'bfloat16';

const STORED = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;

/** From here on float16 rounds to infinity. */
const BEYOND_FLOAT16 = 65_520;

/**
 * A float32 tensor ready to be written as `dtype`, rounded to nearest.
 *
 * @param name for messages
 * @throws RangeError for another `dtype`; CheckpointError `value-out-of-range` for finite values that float16 cannot hold
 */
export function storedAs(
  dtype: FloatDtype,
  tensor: HostTensor & { readonly data: Float32Array },
  name: string,
): WeightTensor {
  if (!Object.hasOwn(STORED, dtype))
    throw new RangeError(
      `checkpoint: cannot save as \`dtype\` ${JSON.stringify(dtype)}: expected ${Object.keys(STORED).join(', ')}.\n` +
        'Leave it out for float32.',
    );
  if (dtype === 'float16') refuseLarge(tensor.data, name);
  return fromHostTensor(tensor, STORED[dtype]);
}

function refuseLarge(values: Float32Array, name: string): void {
  const at = values.findIndex((x) => Math.abs(x) >= BEYOND_FLOAT16 && Number.isFinite(x));
  if (at < 0) return;
  throw new CheckpointError(
    'value-out-of-range',
    `cannot save "${name}" as float16: value ${at} is ${values[at]}, expected at most 65504.\n` +
      'Save as bfloat16 or float32.',
  );
}
