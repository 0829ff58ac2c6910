// Which numbers of a lowered graph depend on axes that are left open.
//
// The function is traced for several sizes of its open axes. Wherever the traces differ in an integer, that integer
// must be a product of a constant and of axes: [batch · 128, 64] comes to light as 7·128, 11·128, 13·128.

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

export const TRACES = 3;

/** A size in terms of open axes: `factor` times each axis as often as it is named. */
export interface Product {
  readonly factor: number;
  readonly axes: readonly string[];
}

/** The sizes of the named axes in trace number `trace`. */
export function sizesOf(axes: readonly string[], trace: number): ReadonlyMap<string, number> {
  if (axes.length > SIZES.length) {
    throw new RangeError(
      `jit: ${axes.length} open axes were asked for: at most ${SIZES.length} are possible.\nFix some of them.`,
    );
  }
  return new Map(axes.map((axis, at) => [axis, SIZES[at][trace]]));
}

/**
 * The product that has the given value in each trace; undefined when there is none.
 *
 * @param values one per trace
 */
export function productOf(values: readonly number[], axes: readonly string[]): Product | undefined {
  if (values.every((value) => value === values[0])) return { factor: values[0], axes: [] };
  const sizes = values.map((_, trace) => [...sizesOf(axes, trace).values()]);
  const powers = axes.map(() => 0);
  const search = (at: number): Product | undefined => {
    if (at === axes.length) {
      const scale = sizes.map((each) =>
        each.reduce((all, size, axis) => all * size ** powers[axis], 1),
      );
      const factor = values[0] / scale[0];
      if (!Number.isInteger(factor)) return undefined;
      if (!values.every((value, trace) => value === factor * scale[trace])) return undefined;
      return { factor, axes: axes.flatMap((axis, index) => Array(powers[index]).fill(axis)) };
    }
    for (powers[at] = 0; powers[at] <= 2; powers[at]++) {
      const found = search(at + 1);
      if (found) return found;
    }
    powers[at] = 0;
    return undefined;
  };
  return search(0);
}
