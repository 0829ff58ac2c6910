// Which element-wise nodes of a graph can be computed together.
//
// TensorFlow runs a graph node by node, so that a chain of ten operators reads and writes its array ten times. A
// cluster is a set of connected element-wise nodes that one loop can compute.

import { sizeOf } from '../host-tensor.js';
import type { TermSpec } from './builder.js';
import { nodeOf, type TfNode } from './graph-def.js';

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
  const fusible = nodes.map(
    ({ name, op, inputs }) =>
      op in ELEMENTWISE_OUTPUT && elements(name) > 1 && [name, ...inputs].every(isFloat),
  );
  const sources = sourcesOf(nodes);
  const levels = levelsOf(sources, fusible);
  const sets: number[][] = []; // by place; undefined for what cannot join
  for (const [at, joins] of fusible.entries()) {
    if (!joins) continue;
    let mine = [at];
    sets[at] = mine;
    for (const source of sources[at]) {
      const other = sets[source];
      if (!other || other === mine || levels[source] !== levels[at]) continue;
      other.push(...mine);
      for (const member of mine) sets[member] = other;
      mine = other;
    }
  }
  return [...new Set(sets.filter(Boolean))]
    .filter((set) => set.length > 1 && set.some((at) => elements(nodes[at].name) >= SMALLEST))
    .map((set) => set.sort((a, b) => a - b).map((at) => nodes[at]));
}

/** Of every node the places of those it reads. Variables are nodes outside. */
function sourcesOf(nodes: readonly TfNode[]): number[][] {
  const places = new Map(nodes.map(({ name }, at) => [name, at]));
  return nodes.map(({ inputs }) => inputs.flatMap((ref) => places.get(nodeOf(ref)) ?? []));
}

/**
 * Numbers that never fall along an edge and rise behind every node that cannot join a cluster: nodes of one level
 * have no such node between them. What comes from state and inputs alone waits until it is needed.
 */
function levelsOf(
  sources: readonly (readonly number[])[],
  fusible: readonly boolean[],
): readonly number[] {
  const levels: number[] = [];
  const untouched: boolean[] = []; // computed without any element-wise node
  for (const [at, read] of sources.entries()) {
    const level = read.reduce((most, source) => Math.max(most, levels[source]), 0);
    untouched[at] = !fusible[at] && read.every((source) => untouched[source]);
    levels[at] = fusible[at] || untouched[at] ? level : level + 1;
  }
  const needed: number[] = [];
  for (let at = sources.length - 1; at >= 0; at--) {
    if (fusible[at] && levels[at] === 0) levels[at] = needed[at] ?? 0;
    const before = fusible[at] || untouched[at] ? levels[at] : levels[at] - 1;
    for (const source of sources[at]) needed[source] = Math.min(needed[source] ?? before, before);
  }
  return levels;
}
