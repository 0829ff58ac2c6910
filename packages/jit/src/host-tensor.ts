// A tensor as plain host memory: what enters a program, what leaves it, and what a checkpoint holds.

export type DType = 'float32' | 'int32' | 'bool';
export type HostArray = Float32Array | Int32Array | Uint8Array;

export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/** What a program is told of an input: everything but its values. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, axis) => size * axis, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis, index) => axis === b[index]);

/** `float32 [8, 128]`, for messages. */
export const describe = ({ dtype, shape }: TensorSpec): string => `${dtype} [${shape.join(', ')}]`;

/** A zeroed array of the storage type of `dtype`, always outside V8's heap (it never moves). */
export function allocate(dtype: DType, size: number): HostArray {
  if (dtype === 'float32') return new Float32Array(new ArrayBuffer(4 * size));
  if (dtype === 'int32') return new Int32Array(new ArrayBuffer(4 * size));
  return new Uint8Array(new ArrayBuffer(size));
}

export function isDType(dtype: unknown): dtype is DType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

export function isHostTensor(value: unknown): value is HostTensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'data' in value &&
    ArrayBuffer.isView(value.data) &&
    'shape' in value &&
    Array.isArray(value.shape) &&
    'dtype' in value
  );
}

/**
 * Brings what a caller gave for one leaf (typed array, plain numbers, or HostTensor) into the form of `spec`.
 * The result may share memory with `value`.
 *
 * @throws TypeError or RangeError naming `path` when type, shape or length differ
 */
export function conform(value: unknown, spec: TensorSpec, path: string): HostTensor {
  const given = isHostTensor(value) ? value.data : value;
  if (isHostTensor(value) && !sameShape(value.shape, spec.shape)) {
    throw new RangeError(
      `jit: "${path}" has the wrong shape: found ${describe(value)}, expected ${describe(spec)}.\n` +
        `Compile another program for this shape, name the axis to leave it open, or pad the batch.`,
    );
  }
  const data = typeof given === 'number' || typeof given === 'boolean' ? [Number(given)] : given;
  if (!Array.isArray(data) && !ArrayBuffer.isView(data)) {
    throw new TypeError(
      `jit: "${path}" is not a tensor: found ${typeof given}, expected ${describe(spec)}.\n` +
        `Pass a typed array in row-major order, or { dtype, shape, data }.`,
    );
  }
  const values = asArray(data as ArrayLike<number>, spec.dtype, path);
  if (values.length !== sizeOf(spec.shape)) {
    throw new RangeError(
      `jit: "${path}" has the wrong length: found ${values.length} values, expected ` +
        `${sizeOf(spec.shape)} for ${describe(spec)}.\n` +
        `Give as many values as the shape says, or compile for another shape.`,
    );
  }
  return { dtype: spec.dtype, shape: spec.shape, data: values };
}

function asArray(data: ArrayLike<number>, dtype: DType, path: string): HostArray {
  if (dtype === 'float32' && data instanceof Float32Array) return data;
  if (dtype === 'int32' && data instanceof Int32Array) return data;
  if (dtype === 'bool' && data instanceof Uint8Array) return data;
  if (Array.isArray(data)) {
    const bad = data.findIndex((value) => !fits(value, dtype));
    if (bad >= 0) {
      const value: unknown = data[bad];
      const found = Array.isArray(value) ? `[${value}]` : String(value);
      throw new TypeError(
        `jit: "${path}" has a value that is no ${dtype}: found ${found} at ${bad}, expected ${EXPECTED[dtype]}.\n` +
          `Pass numbers in row-major order, without nesting.`,
      );
    }
    const array = allocate(dtype, data.length);
    array.set(data);
    return array;
  }
  throw new TypeError(
    `jit: "${path}" has the wrong type: found ${data.constructor.name}, expected ${dtype}.\n` +
      `float32 takes Float32Array, int32 Int32Array, bool Uint8Array; convert before the call.`,
  );
}

const EXPECTED: Readonly<Record<DType, string>> = {
  float32: 'a number',
  int32: 'a whole number of 32 bits',
  bool: '0, 1, false or true',
};

function fits(value: unknown, dtype: DType): boolean {
  if (dtype === 'bool') return value === 0 || value === 1 || typeof value === 'boolean';
  if (typeof value !== 'number') return false;
  return dtype === 'float32' || (value | 0) === value;
}
