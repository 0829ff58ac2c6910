// Nested records and arrays of leaves. A program sees flat lists; its user sees the trees.

export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** The shape of a tree without its leaves: `null` stands for a leaf. */
export type TreeShape = null | readonly TreeShape[] | { readonly [key: string]: TreeShape };

export interface Flat<T> {
  readonly leaves: T[];
  /** Where each leaf hangs, `params.dense.weight` or `layers[2].bias`; one per leaf. */
  readonly paths: string[];
  readonly shape: TreeShape;
}

/** Leaves in the order of arrays and of sorted keys, so that equal trees flatten equally. */
export function flatten<T>(
  tree: unknown,
  isLeaf: (value: unknown) => value is T,
  root: string,
): Flat<T> {
  const leaves: T[] = [];
  const paths: string[] = [];
  const visit = (value: unknown, path: string): TreeShape => {
    if (isLeaf(value)) {
      leaves.push(value);
      paths.push(path);
      return null;
    }
    if (Array.isArray(value)) return value.map((item, index) => visit(item, `${path}[${index}]`));
    if (isRecord(value)) {
      const record: Record<string, TreeShape> = {};
      for (const key of Object.keys(value).sort()) {
        if (value[key] !== undefined) record[key] = visit(value[key], `${path}.${key}`);
      }
      return record;
    }
    throw new TypeError(
      `jit: "${path}" is not a tensor: found ${found(value)}, expected a tensor, or a plain record or array of tensors.\n` +
        `Leave it out, or make it a tensor.`,
    );
  };
  return { shape: visit(tree, root), leaves, paths };
}

/** The inverse of `flatten`: hangs `leaves` into `shape`. */
export function unflatten<T>(shape: TreeShape, leaves: readonly T[]): Tree<T> {
  let next = 0;
  const build = (node: TreeShape): Tree<T> => {
    if (node === null) return leaves[next++] as T;
    if (isList(node)) return node.map(build);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, build(child)]));
  };
  return build(shape);
}

/**
 * Leaves of `tree`, which must be shaped as `shape`. Any value is accepted as a leaf.
 *
 * @throws TypeError naming the first path that is missing or too much
 */
export function leavesOf(shape: TreeShape, tree: unknown, root: string): unknown[] {
  const leaves: unknown[] = [];
  const visit = (node: TreeShape, value: unknown, path: string): void => {
    if (value === undefined) {
      throw new TypeError(
        `jit: "${path}" is missing.\nGive every leaf the program was compiled for.`,
      );
    }
    if (node === null) {
      leaves.push(value);
      return;
    }
    if (typeof value !== 'object' || value === null || isList(node) !== Array.isArray(value)) {
      throw new TypeError(
        `jit: "${path}" differs from what was compiled: found ${found(value)}, expected ${
          isList(node) ? 'an array' : 'a record'
        }.\nGive the same tree as to compile().`,
      );
    }
    const expected = Object.entries(node as Record<string, TreeShape>);
    const given = value as Record<string, unknown>;
    const extra = Object.keys(given).find((key) => !(key in node) && given[key] !== undefined);
    if (extra !== undefined) {
      throw new TypeError(
        `jit: "${path}.${extra}" is unknown: expected ${expected.map(([key]) => key).join(', ')}.\n` +
          `Give the same tree as to compile().`,
      );
    }
    for (const [key, child] of expected)
      visit(child, given[key], isList(node) ? `${path}[${key}]` : `${path}.${key}`);
  };
  visit(shape, tree, root);
  return leaves;
}

const isList = (node: TreeShape): node is readonly TreeShape[] => Array.isArray(node);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

function found(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object')
    return ArrayBuffer.isView(value) ? value.constructor.name : 'a record';
  return typeof value;
}
