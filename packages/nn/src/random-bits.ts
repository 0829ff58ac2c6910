// Counter-based random numbers: element i of a draw is a pure function of (seed, counter, stream, i).
//
// There is no generator state to save: a run is replayed from its seed and the step number. The function uses
// 32-bit unsigned add, multiply and division by a power of two only (no xor, no shift), because ONNX Runtime's
// WebGPU engine has no bitwise kernels and TensorFlow.js has neither; every engine so gives the same integers. An
// engine that has shifts computes the divisions with them.
//
// `RANDOM_BITS` is the definition: keys of the draw from seed, counter and stream, then three keyed rounds on each
// element. `x * (2x + 1)` is the bijection of RC6 (Rivest et al. 1998): it carries low bits upwards; the rotation
// brings high bits down again. The keys of two streams differ in the middle of the rounds, so that no stream is a
// shifted copy of another.

import * as tf from '@tensorflow/tfjs-core';
import { type FusedKernel, hostTensor, hostValues, runFused } from './fused-kernel.js';

/** Where random numbers come from: same key, stream and shape, same numbers. */
export interface RandomKey {
  /** int32 scalar, one per run. */
  readonly seed: tf.Scalar;
  /** int32 scalar that moves on, for example the training step. */
  readonly counter: tf.Scalar;
  /** Prefix of every stream drawn from this key: two models in one step need two scopes. */
  readonly scope?: string;
}

/**
 * One step on `x`, an unsigned 32-bit integer; all arithmetic wraps around at 2^32. A register is
 * written by `keep`.
 */
export type RandomBitsStep =
  /** x = x * multiply + add, a number or a register */
  | {
      readonly step: 'affine';
      readonly multiply: number;
      readonly add: number | RandomBitsRegister;
    }
  /** x = x + multiply * input */
  | { readonly step: 'input'; readonly name: RandomBitsInput; readonly multiply: number }
  /** x = x * (2 * x + 1) */
  | { readonly step: 'square' }
  /** x = x * 65536 + floor(x / 65536) */
  | { readonly step: 'rotate' }
  /** x = floor(x / by) */
  | { readonly step: 'divide'; readonly by: number }
  /** register = x */
  | { readonly step: 'keep'; readonly as: RandomBitsRegister }
  /** x = the element's index, row-major: from here on there is one x an element */
  | { readonly step: 'index' };

export type RandomBitsInput = 'seed' | 'counter' | 'stream';

/** Scalars of a draw: its key, a second key made from it, and the key of the (seed, counter) pair. */
export type RandomBitsRegister = 'key' | 'second' | 'pair';

const { imul } = Math; // taken once: a global is slow to reach from a sandbox such as Jest's

const MIX: readonly RandomBitsStep[] = [
  { step: 'square' },
  { step: 'rotate' },
  { step: 'affine', multiply: 0x2c1b3c6d, add: 0x297a2d39 },
  { step: 'square' },
  { step: 'rotate' },
  { step: 'affine', multiply: 0x2c1b3c6d, add: 0x297a2d39 },
  { step: 'rotate' },
];

function round(add: RandomBitsRegister): readonly RandomBitsStep[] {
  return [{ step: 'square' }, { step: 'rotate' }, { step: 'affine', multiply: 0x2c1b3c6d, add }];
}

/** The steps that turn seed, counter, stream and index into 23 random bits; `x = 0` at the start. */
export const RANDOM_BITS: readonly RandomBitsStep[] = [
  { step: 'affine', multiply: 0, add: 0x27d4eb2f },
  { step: 'input', name: 'seed', multiply: 0x85ebca6b },
  ...MIX,
  { step: 'input', name: 'counter', multiply: 0xc2b2ae35 },
  ...MIX,
  { step: 'keep', as: 'pair' },
  { step: 'input', name: 'stream', multiply: 1 },
  ...MIX,
  { step: 'keep', as: 'key' },
  { step: 'affine', multiply: 0x85ebca6b, add: 0x165667b1 },
  { step: 'keep', as: 'second' },
  { step: 'index' },
  { step: 'affine', multiply: 0x9e3779b1, add: 'key' },
  ...round('second'),
  ...round('pair'),
  ...round('key'),
  { step: 'divide', by: 512 },
];

/**
 * Uniform integers in [0, 2^23), int32, of the given shape. The caller disposes the result.
 *
 * @param stream purpose of the draw: two draws that must be independent need different streams
 */
export function randomBits<S extends tf.Tensor = tf.Tensor>(
  key: RandomKey,
  stream: number | string,
  shape: readonly number[],
): S {
  const { seed, counter, scope } = key;
  const id = streamId(scope === undefined ? stream : `${scope}/${stream}`);
  return runFused<S>('RandomBits', { seed, counter }, { shape: [...shape], stream: id });
}

/** The same key with a scope inside its own: draws from it are independent of those from `key`. */
export function scopedKey(key: RandomKey, scope: string): RandomKey {
  return { ...key, scope: key.scope === undefined ? scope : `${key.scope}/${scope}` };
}

/** Uniform float32 in (0, 1), never 0 and never 1: (bits + 0.5) / 2^23. */
export function randomUniform<S extends tf.Tensor = tf.Tensor>(
  key: RandomKey,
  stream: number | string,
  shape: readonly number[],
): S {
  return tf.tidy(() => {
    const bits = tf.cast(randomBits(key, stream, shape), 'float32');
    // The rank follows from the shape, which the type system does not see.
    return tf.mul(tf.add(bits, 0.5), 2 ** -23) as S;
  });
}

/** Standard Gumbel noise, -ln(-ln u): adding it to logits and taking the largest samples from their softmax. */
export function gumbel<S extends tf.Tensor = tf.Tensor>(
  key: RandomKey,
  stream: number | string,
  shape: readonly number[],
): S {
  return tf.tidy(() => tf.neg(tf.log(tf.neg(tf.log(randomUniform<S>(key, stream, shape))))));
}

/** Stream number of a name (32-bit FNV-1a of its UTF-16 units), or the number itself as an unsigned integer. */
export function streamId(stream: number | string): number {
  if (typeof stream === 'number') return stream >>> 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < stream.length; i++)
    hash = imul(hash ^ stream.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** The same integers on the host: `size` elements from index 0. Seed and counter are taken modulo 2^32. */
export function hostRandomBits(
  seed: number,
  counter: number,
  stream: number | string,
  size: number,
): Int32Array {
  const pair = mix(
    (mix((imul(seed, 0x85ebca6b) + 0x27d4eb2f) | 0) + imul(counter, 0xc2b2ae35)) | 0,
  );
  const key = mix((pair + streamId(stream)) | 0);
  const second = (imul(key, 0x85ebca6b) + 0x165667b1) | 0;
  const bits = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    let x = (imul(i, 0x9e3779b1) + key) | 0;
    x = imul(x, (x << 1) | 1);
    x = (imul((x << 16) | (x >>> 16), 0x2c1b3c6d) + second) | 0;
    x = imul(x, (x << 1) | 1);
    x = (imul((x << 16) | (x >>> 16), 0x2c1b3c6d) + pair) | 0;
    x = imul(x, (x << 1) | 1);
    bits[i] = (imul((x << 16) | (x >>> 16), 0x2c1b3c6d) + key) >>> 9;
  }
  return bits;
}

/** MIX on one number, written out for speed; a test holds it to the steps. */
function mix(value: number): number {
  let x = imul(value, (value << 1) | 1);
  x = (x << 16) | (x >>> 16);
  x = (imul(x, 0x2c1b3c6d) + 0x297a2d39) | 0;
  x = imul(x, (x << 1) | 1);
  x = (x << 16) | (x >>> 16);
  x = (imul(x, 0x2c1b3c6d) + 0x297a2d39) | 0;
  return (x << 16) | (x >>> 16);
}

/** `RandomBits(seed, counter)`, attributes `shape` and `stream` (uint32) → int32. Drawn on the host. */
export const randomBitsKernel: FusedKernel = {
  name: 'RandomBits',
  host: ({ inputs, attrs, backend }) => {
    const shape = attrs.shape as number[];
    const size = tf.util.sizeFromShape(shape);
    const seed = hostValues<Int32Array>(backend, inputs.seed)[0];
    const counter = hostValues<Int32Array>(backend, inputs.counter)[0];
    const bits = hostRandomBits(seed, counter, attrs.stream as number, size);
    return hostTensor(backend, bits, shape, 'int32');
  },
};
