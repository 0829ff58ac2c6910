// A number of a lowered graph that depends on axes which are left open.
//
// Wherever traces for several sizes differ in an integer, it must be a constant times axes, plus a constant:
// [batch · 128, 64] comes to light as 7·128, 12·128, 10·128, and padding up to 128 rows as 128 - 2, 128 - 3, 128 - 4.

import type { Sizes } from '../open-axes.js';

/** `factor` times each axis as often as it is named, plus `offset`. */
export interface OpenSize {
  readonly factor: number;
  readonly axes: readonly string[];
  readonly offset: number;
}

/** Powers of axes in a product: up to squares. */
const HIGHEST = 2;

/**
 * What has the given value in each trace; undefined when nothing does. The sizes of `tracesOf` leave no choice.
 *
 * @param values one per trace
 * @param sizes of the open axes, one per trace
 */
export function openSizeOf(
  values: readonly number[],
  sizes: readonly Sizes[],
): OpenSize | undefined {
  const [value, second] = values;
  if (values.every((other) => other === value)) return { factor: value, axes: [], offset: 0 };
  for (const axes of productsOf([...sizes[0].keys()])) {
    const products = sizes.map((each) => productAt(axes, each));
    const factor = (second - value) / (products[1] - products[0]);
    const offset = value - factor * products[0];
    const fits = values.every((other, trace) => other === factor * products[trace] + offset);
    if (fits && Number.isInteger(factor)) return { factor, axes, offset };
  }
  return undefined;
}

/** Its value where the axes have these sizes. */
export const sizeAt = ({ factor, axes, offset }: OpenSize, sizes: Sizes): number =>
  factor * productAt(axes, sizes) + offset;

/** As a dimension of an ONNX type: the number, or `batch`, `3_batch_sequence` for what depends on axes. */
export function dimensionOf({ factor, axes, offset }: OpenSize): number | string {
  if (axes.length === 0) return factor;
  const parts = [...(factor === 1 ? [] : [factor]), ...axes, ...(offset === 0 ? [] : [offset])];
  return parts.join('_');
}

const productAt = (axes: readonly string[], sizes: Sizes): number =>
  axes.reduce((product, axis) => product * (sizes.get(axis) as number), 1);

/** Every product of axes but the empty one, by how often it names them. */
function productsOf(axes: readonly string[]): string[][] {
  let products: string[][] = [[]];
  for (const axis of axes)
    products = products.flatMap((product) =>
      Array.from({ length: HIGHEST + 1 }, (_, power) => [...product, ...Array(power).fill(axis)]),
    );
  return products.filter(({ length }) => length > 0);
}
