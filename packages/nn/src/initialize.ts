// Initial parameters, on the host: the same seed gives the same values whatever engine runs the model.

import { hostRandomBits } from './random-bits.js';

const { abs, cos, log, sin, sqrt } = Math;
const TAU = 2 * Math.PI;

/** One tensor as plain data. */
export interface HostTensor {
  readonly dtype: 'float32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by parameter name. */
export type HostTensors = Record<string, HostTensor>;

/**
 * Distribution of one tensor. 'linear' (the weight of a linear layer) and 'position' (a table of positions) are
 * 'normal' unless the options give them another; 'glorot' is uniform within ±√(6 / (in + out)).
 */
export type Initializer = 'normal' | 'linear' | 'position' | 'zeros' | 'ones' | 'glorot';

/** Shape and first values of one tensor. */
export interface ParameterShape {
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Where Google's code draws from another distribution than Hugging Face's. */
  readonly google?: Initializer;
  /** Of a linear weight that is stored `[in, out]`, not `[out, in]`. */
  readonly transposed?: true;
  /** A row that starts as zeros in Hugging Face's code: the vector of the padding token. */
  readonly zeroRow?: number;
}

/** A model's tensors, in state-dict order. */
export type ParameterLayout = Readonly<Record<string, ParameterShape>>;

export interface InitializeOptions {
  /** Integer, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Standard deviation of 'normal'. */
  readonly standardDeviation: number;
  readonly scheme?: InitScheme;
  /**
   * Standard deviation of linear weights, where it is not that of the tables; 'fan-in' is 1 / √in, which keeps the
   * scale of activations at any width. A small deviation of the tables beside it lets a masked-LM head begin flat.
   */
  readonly linearDeviation?: number | 'fan-in';
  /** 'sinusoidal': sines and cosines of Vaswani et al. 2017, 3.5, as large as 'normal' (default) would be. */
  readonly positions?: 'normal' | 'sinusoidal';
}

/**
 * 'huggingface' (default): normal, the padding token's vector zero. 'google', as ELECTRA's code: normal numbers beyond
 * two deviations are drawn again (effective deviation 0.88 of the nominal), projections and outputs are Glorot uniform.
 */
export type InitScheme = 'huggingface' | 'google';

/**
 * Draws every tensor of the layout; each depends on the seed, its own name and its shape only.
 *
 * @throws RangeError for a seed that is no unsigned 32-bit integer
 */
export function initialize(layout: ParameterLayout, options: InitializeOptions): HostTensors {
  const { seed } = options;
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(
      `nn: cannot draw initial values: found the seed ${seed}, expected an integer from 0 to 2^32 - 1.\n` +
        'Fractions would be cut off, and give the same values.',
    );
  }
  const google = options.scheme === 'google';
  return Object.fromEntries(
    Object.entries(layout).map(([name, entry]) => {
      const { shape, zeroRow } = entry;
      const data = draw(name, entry, (google && entry.google) || entry.init, options);
      if (!google && zeroRow !== undefined)
        data.fill(0, zeroRow * shape[1], (zeroRow + 1) * shape[1]);
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

/** Number of values of all tensors of a layout. */
export function parameterCount(layout: ParameterLayout): number {
  return Object.values(layout).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function draw(
  name: string,
  { shape, transposed }: ParameterShape,
  init: Initializer,
  { seed, standardDeviation, linearDeviation, positions, scheme }: InitializeOptions,
): Float32Array {
  const size = sizeOf(shape);
  if (init === 'zeros') return new Float32Array(size);
  if (init === 'ones') return new Float32Array(size).fill(1);
  if (init === 'position' && positions === 'sinusoidal') return sinusoids(shape, standardDeviation);
  if (init === 'glorot') {
    const bound = sqrt(6 / (shape[0] + shape[1]));
    const values = new Float32Array(size);
    const draws = uniform(seed, 0, name, size);
    for (let i = 0; i < size; i++) values[i] = (2 * draws[i] - 1) * bound;
    return values;
  }
  const asked = init === 'linear' ? linearDeviation : undefined;
  const fanIn = transposed ? shape[0] : shape[1];
  const deviation = asked === 'fan-in' ? 1 / sqrt(fanIn) : (asked ?? standardDeviation);
  const values = normal(seed, 0, name, size);
  if (scheme === 'google') redraw(values, seed, name);
  for (let i = 0; i < size; i++) values[i] *= deviation;
  return values;
}

/** Rows of interleaved sines and cosines, wave lengths 2π to 20,000π, root mean square `deviation`. */
function sinusoids([rows, width]: readonly number[], deviation: number): Float32Array {
  const values = new Float32Array(rows * width);
  for (let i = 0; i < values.length; i++) {
    const column = i % width;
    const even = column - (column % 2);
    const phase = (i - column) / width / 10_000 ** (even / width);
    values[i] = sqrt(2) * deviation * (column === even ? sin(phase) : cos(phase));
  }
  return values;
}

/** Replaces values beyond two deviations until none is left. */
function redraw(values: Float32Array, seed: number, name: string): void {
  for (let round = 1; values.some((z) => abs(z) > 2); round++) {
    const fresh = normal(seed, round, name, values.length);
    for (let i = 0; i < values.length; i++) if (abs(values[i]) > 2) values[i] = fresh[i];
  }
}

/** Standard normal numbers (Box and Muller 1958). */
function normal(seed: number, counter: number, name: string, size: number): Float32Array {
  const radius = uniform(seed, counter, `${name}/radius`, size);
  const angle = uniform(seed, counter, `${name}/angle`, size);
  // a loop: Float32Array.from goes through the iterator protocol, ten times slower
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = sqrt(-2 * log(radius[i])) * cos(TAU * angle[i]);
  return values;
}

function uniform(seed: number, counter: number, stream: string, size: number): Float64Array {
  const values = new Float64Array(size);
  const bits = hostRandomBits(seed, counter, stream, size);
  for (let i = 0; i < size; i++) values[i] = (bits[i] + 0.5) / 2 ** 23;
  return values;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}
