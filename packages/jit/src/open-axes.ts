// Axes of inputs that stay open: one program for batches of any size.
//
// A function is traced for fixed sizes. What depends on an open axis comes to light when it is traced for several.

import { describe, isDType, isHostTensor, type TensorSpec } from './host-tensor.js';

/** What a program is told of an input: sizes, and names of axes that stay open. */
export interface InputSpec {
  readonly dtype: TensorSpec['dtype'];
  readonly shape: readonly (number | string)[];
}

/** Of the open axes, by name. */
export type Sizes = ReadonlyMap<string, number>;

/**
 * The sizes of each axis in traces. Those of the second one, after the batch that of a sequence, are small: models take
 * no more tokens than they have positions. The fourth is for choices by size; where it is refused, the fifth takes its
 * place. With either, no product of axes is a line over another one, and sizes have all remainders by 2, 3 and 4.
 */
const SIZES: readonly (readonly number[])[] = [
  [7, 12, 10, 41, 17],
  [2, 3, 4, 97, 5],
  [18, 25, 20, 75, 35],
  [29, 38, 40, 111, 51],
];
const [ALWAYS, LARGE, INSTEAD] = [[0, 1, 2], 3, 4];

/** More have no sizes to be traced at. */
const MOST_AXES = SIZES.length;

/** An open axis decides more than sizes: the function has to be traced for each size of its own. */
export class OpenAxesError extends Error {
  override readonly name = 'OpenAxesError';
}

/** @throws TypeError or RangeError naming `path` where an input's type or sizes are none */
export function checkSpec({ dtype, shape }: InputSpec, path: string): void {
  if (!isDType(dtype)) {
    throw new TypeError(
      `jit: "${path}" is ${dtype}: expected float32, int32 or bool.\nConvert it before the call.`,
    );
  }
  if (shape.some((size) => (typeof size === 'number' ? !isSize(size) : size === ''))) {
    throw new RangeError(
      `jit: "${path}" has no shape: found ${dtype} [${shape.join(', ')}], expected whole sizes from 0.\n` +
        `An axis whose size differs from call to call has a name instead.`,
    );
  }
}

const isSize = (size: number): boolean => Number.isInteger(size) && size >= 0;

/** Each open axis once, in the order in which inputs name them. */
export function axesOf(specs: readonly { readonly shape: InputSpec['shape'] }[]): string[] {
  return [
    ...new Set(specs.flatMap(({ shape }) => shape).filter((size) => typeof size === 'string')),
  ];
}

/** A trace, and the sizes that open axes had in it. */
export interface Sized<T> {
  readonly sizes: Sizes;
  readonly trace: T;
}

/**
 * `traceAt` for four sizes, from which it shows what depends on them; once where no axis is open.
 *
 * @throws what `traceAt` throws where no size can be traced; OpenAxesError where some cannot, or for more axes than
 *   four
 */
export function tracesOf<T>(
  axes: readonly string[],
  traceAt: (sizes: Sizes) => T,
): readonly Sized<T>[] {
  if (axes.length === 0) return [{ sizes: new Map(), trace: traceAt(new Map()) }];
  if (axes.length > MOST_AXES)
    throw new OpenAxesError(
      `jit: ${axes.length} axes cannot stay open: at most ${MOST_AXES} are possible.\nFix some of them.`,
    );
  const attempt = (at: number): Sized<T> | Refused => {
    const sizes = new Map(axes.map((axis, index) => [axis, SIZES[index][at]]));
    try {
      return { sizes, trace: traceAt(sizes) };
    } catch (error) {
      return { sizes, error };
    }
  };
  const small = ALWAYS.map(attempt);
  const large = small.some(isRefused) ? [] : [attempt(LARGE)];
  if (large.some(isRefused)) large.push(attempt(INSTEAD));
  const traces = [...small, ...large];
  const found = traces.filter((one) => !isRefused(one)) as Sized<T>[];
  if (found.length > ALWAYS.length) return found;
  const [{ error, sizes }] = traces.filter(isRefused);
  if (found.length === 0) throw error;
  const named = [...sizes].map(([axis, size]) => `${axis} ${size}`).join(', ');
  throw new OpenAxesError(
    `jit: axes ${axes.join(', ')} cannot stay open: the function cannot be traced for ${named}: ` +
      `${error instanceof Error ? error.message : error}\nFix the axes.`,
  );
}

interface Refused {
  readonly sizes: Sizes;
  readonly error: unknown;
}

const isRefused = (one: object): one is Refused => 'error' in one;

export const isOpen = ({ shape }: Pick<InputSpec, 'shape'>): boolean =>
  shape.some((size) => typeof size === 'string');

/** `shape` with a size for every open axis. */
export const shapeAt = (shape: InputSpec['shape'], sizes: Sizes): number[] =>
  shape.map((size) => (typeof size === 'string' ? (sizes.get(size) as number) : size));

/**
 * The sizes that open axes have in `values`, one for each of `specs`.
 *
 * @throws TypeError or RangeError naming the path of a value without a shape, of another rank, or of another size than
 *   an axis has elsewhere
 */
export function sizesIn(
  values: readonly unknown[],
  specs: readonly InputSpec[],
  paths: readonly string[],
): Sizes {
  const found = new Map<string, { readonly size: number; readonly path: string }>();
  for (const [at, { dtype, shape }] of specs.entries()) {
    if (!isOpen({ shape })) continue;
    const [value, path] = [values[at], paths[at]];
    const expected = `${dtype} [${shape.join(', ')}]`;
    if (!isHostTensor(value)) {
      throw new TypeError(
        `jit: "${path}" has no shape: expected ${expected}, of which axes are open.\nPass { dtype, shape, data }.`,
      );
    }
    if (value.shape.length !== shape.length || !value.shape.every(isSize)) {
      throw new RangeError(
        `jit: "${path}" has the wrong shape: found ${describe(value)}, expected ${expected} of whole sizes.\nReshape it.`,
      );
    }
    for (const [axis, name] of shape.entries()) {
      if (typeof name !== 'string') continue;
      const size = value.shape[axis];
      const other = found.get(name);
      if (other && other.size !== size) {
        throw new RangeError(
          `jit: "${path}" has another size of axis "${name}" than "${other.path}": found ${size}, expected ${other.size}.\n` +
            `Give inputs of one batch, or name the axes differently.`,
        );
      }
      found.set(name, other ?? { size, path });
    }
  }
  return new Map([...found].map(([name, { size }]) => [name, size]));
}
