// Weights in memory: name → element type, shape, values. No tensor library involved.

import type { Dtype, WeightData } from './dtype.js';

/** What a weight file says about one tensor. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** One tensor. F16, BF16 and 8-bit floats are held as bits; BOOL as bytes 0 and 1. */
export interface WeightTensor extends TensorInfo {
  /** Row-major values, as many as the product of `shape`. */
  readonly data: WeightData;
}

/** Tensors by name, in the order of the file. Records made here have no prototype. */
export type WeightRecord = Readonly<Record<string, WeightTensor>>;

/** Tensors that can be read one by one. Every format of this package opens as one of these. */
export interface WeightSource {
  /** Where the tensors come from, for messages. */
  readonly path: string;
  readonly format: 'safetensors' | 'torch' | 'hdf5';
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Reads one tensor.
   *
   * @throws CheckpointError `unknown-name`
   */
  read(name: string): Promise<WeightTensor>;
  /** Reads all tensors, in as few and large reads as the format allows. */
  readAll(): Promise<WeightRecord>;
  close(): Promise<void>;
}

/** Number of values of a tensor of this shape. */
export function elementCount(shape: readonly number[]): number {
  let product = 1;
  for (const size of shape) product *= size;
  return product;
}

/** A record without prototype, so that a tensor may be named `__proto__` or `constructor`. */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
