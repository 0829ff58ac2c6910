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
 * The sizes the axes have in each trace: no factor in common, so that products tell theirs. Those of the second axis,
 * after the batch that of a sequence, are small: models take no more tokens than they have positions.
 */
const SIZES = [
  [7, 11, 13],
  [2, 3, 4],
  [17, 19, 23],
  [29, 31, 37],
] as const;

/** How often a function with open axes is traced. */
export const TRACES = 3;

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

/** The sizes of the named axes in trace number `trace`. */
export function sizesOf(axes: readonly string[], trace: number): Sizes {
  if (axes.length > SIZES.length) {
    throw new RangeError(
      `jit: ${axes.length} open axes were asked for: at most ${SIZES.length} are possible.\nFix some of them.`,
    );
  }
  return new Map(axes.map((axis, at) => [axis, SIZES[at][trace]]));
}

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
    if (value.shape.length !== shape.length) {
      throw new RangeError(
        `jit: "${path}" has the wrong shape: found ${describe(value)}, expected ${expected}.\nReshape it.`,
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
