// Which element-wise nodes of a graph can be computed together.
//
// TensorFlow runs a graph node by node, so that a chain of ten operators reads and writes its array ten times. A
// cluster is a set of connected element-wise nodes that one loop can compute.

import { sizeOf } from '../host-tensor.js';
import type { TermSpec } from './builder.js';
import type { TfNode } from './graph-def.js';

/** Operators that work element by element, and what TensorFlow calls their output. */
export const ELEMENTWISE_OUTPUT: Readonly<Record<string, string>> = {
  Abs: 'y', AddV2: 'z', Cast: 'y', Erf: 'y', Exp: 'y', Log: 'y', Log1p: 'y', Maximum: 'z',
  Minimum: 'z', Mul: 'z', Neg: 'y', RealDiv: 'z', Reciprocal: 'y', Rsqrt: 'y', Sigmoid: 'y',
  SigmoidGrad: 'z', Sqrt: 'y', Square: 'y', SquaredDifference: 'z', Sub: 'z', Tanh: 'y',
}; // biome-ignore format: a table

/** With fewer elements a cluster saves less than compiling it costs. */
const SMALLEST = 131_072;

/** Type and shape of a reference, where they are known. */
export type SpecOf = (ref: string) => TermSpec | undefined;

/**
 * Disjoint sets of nodes, each in the order of the graph. No path leaves a set and comes back to it.
 *
 * @param nodes in an order in which each stands behind what it reads
 */
export function clustersOf(nodes: readonly TfNode[], specOf: SpecOf): TfNode[][] {
  const elements = (ref: string): number => sizeOf(specOf(ref)?.shape ?? []);
  const isFloat = (ref: string): boolean =>
    ['float32', 'bfloat16'].includes(specOf(ref)?.dtype ?? '');
  const fusible = new Set(
    nodes.filter(
      ({ name, op, inputs }) =>
        op in ELEMENTWISE_OUTPUT && elements(name) > 1 && [name, ...inputs].every(isFloat),
    ),
  );
  const levels = levelsOf(nodes, fusible);
  const sets = new Map<TfNode, TfNode[]>();
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const node of fusible) {
    let mine = [node];
    sets.set(node, mine);
    for (const ref of node.inputs) {
      const source = byName.get(nodeOf(ref));
      const other = source && sets.get(source);
      if (!other || other === mine || levels.get(source) !== levels.get(node)) continue;
      other.push(...mine);
      for (const member of mine) sets.set(member, other);
      mine = other;
    }
  }
  const place = new Map(nodes.map((node, at) => [node, at]));
  const inOrder = (a: TfNode, b: TfNode): number => Number(place.get(a)) - Number(place.get(b));
  return [...new Set(sets.values())]
    .filter((set) => set.length > 1 && set.some(({ name }) => elements(name) >= SMALLEST))
    .map((set) => set.sort(inOrder));
}

/** The node that a reference names. */
export const nodeOf = (ref: string): string => ref.replace(/^\^|:\d+$/g, '');

/**
 * Numbers that never fall along an edge and rise behind every node that cannot join a cluster: nodes of one level
 * have no such node between them. What comes from state and inputs alone waits until it is needed.
 */
function levelsOf(
  nodes: readonly TfNode[],
  fusible: ReadonlySet<TfNode>,
): ReadonlyMap<TfNode, number> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  // Variables are nodes outside.
  const sourcesOf = ({ inputs }: TfNode): TfNode[] =>
    inputs.flatMap((ref) => byName.get(nodeOf(ref)) ?? []);
  const levels = new Map<TfNode, number>();
  const untouched = new Set<TfNode>(); // computed without any element-wise node
  for (const node of nodes) {
    const sources = sourcesOf(node);
    const level = Math.max(0, ...sources.map((source) => levels.get(source) as number)); // they stand in front
    const joins = fusible.has(node);
    if (!joins && sources.every((source) => untouched.has(source))) untouched.add(node);
    levels.set(node, joins || untouched.has(node) ? level : level + 1);
  }
  const needed = new Map<TfNode, number>();
  for (const node of [...nodes].reverse()) {
    if (fusible.has(node) && levels.get(node) === 0) levels.set(node, needed.get(node) ?? 0);
    const level = levels.get(node) as number;
    const before = fusible.has(node) || untouched.has(node) ? level : level - 1;
    for (const source of sourcesOf(node)) {
      needed.set(source, Math.min(needed.get(source) ?? before, before));
    }
  }
  return levels;
}
