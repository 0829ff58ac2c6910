// A number of a lowered graph that depends on axes which are left open.
//
// Wherever traces for several sizes differ in an integer, it must be a constant times axes, plus a constant:
// [batch · 128, 64] comes to light as 7·128, 11·128, 13·128, and padding up to 128 rows as 128 - 2, 128 - 3, 128 - 4.

import { type Sizes, sizesOf } from '../open-axes.js';

/** `factor` times each axis as often as it is named, plus `offset`. */
export interface OpenSize {
  readonly factor: number;
  readonly axes: readonly string[];
  readonly offset: number;
}

/** Powers of axes in a product: up to squares. */
const HIGHEST = 2;

/**
 * What has the given value in each trace; undefined when nothing does. A product alone goes before one with an offset.
 *
 * @param values one per trace
 */
export function openSizeOf(
  values: readonly number[],
  axes: readonly string[],
): OpenSize | undefined {
  if (values.every((value) => value === values[0]))
    return { factor: values[0], axes: [], offset: 0 };
  const products = productsOf(axes).map((named) => ({
    axes: named,
    values: values.map((_, trace) => productAt(named, sizesOf(axes, trace))),
  }));
  for (const fit of [proportion, line])
    for (const product of products) {
      const { factor, offset } = fit(values, product.values);
      const exact = values.every(
        (value, trace) => value === factor * product.values[trace] + offset,
      );
      if (exact && Number.isInteger(factor)) return { factor, axes: product.axes, offset };
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
  return products.filter(({ length }) => length > 0).sort((a, b) => a.length - b.length);
}

type Fit = (
  values: readonly number[],
  product: readonly number[],
) => { readonly factor: number; readonly offset: number };

const proportion: Fit = ([first], [product]) => ({ factor: first / product, offset: 0 });

const line: Fit = ([a, b], [p, q]) => {
  const factor = (b - a) / (q - p);
  return { factor, offset: a - factor * p };
};
