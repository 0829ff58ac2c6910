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
  const isFloat = (ref: string): boolean => {
    const dtype = specOf(ref)?.dtype;
    return dtype === 'float32' || dtype === 'bfloat16';
  };
  const fusible = nodes.map(
    ({ name, op, inputs }) =>
      op in ELEMENTWISE_OUTPUT && isFloat(name) && elements(name) > 1 && inputs.every(isFloat),
  );
  const sources = sourcesOf(nodes);
  const inMemory = nodes.map((node) => isWidening(node, specOf));
  for (const [at, read] of sources.entries())
    if (!fusible[at]) for (const source of read) inMemory[source] = true;
  const levels = levelsOf(sources, fusible, inMemory);
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

/** A cast from bfloat16 to float32, which each cluster that reads it can make anew. */
export const isWidening = ({ name, op, inputs }: TfNode, specOf: SpecOf): boolean =>
  op === 'Cast' && specOf(name)?.dtype === 'float32' && specOf(inputs[0])?.dtype === 'bfloat16';

/**
 * Numbers that never fall along an edge and rise behind every node that cannot join a cluster: nodes of one level
 * have no such node between them. A node whose inputs lie in memory anyway, and what comes from state and inputs alone,
 * wait until they are needed.
 *
 * @param inMemory what a cluster would write out in any case, or need not keep
 */
function levelsOf(
  sources: readonly (readonly number[])[],
  fusible: readonly boolean[],
  inMemory: readonly boolean[],
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
    const level = levels[at];
    const continues = (source: number): boolean =>
      fusible[source] && !inMemory[source] && levels[source] === level;
    if (fusible[at] && (level === 0 || !sources[at].some(continues))) {
      levels[at] = needed[at] ?? level;
    }
    const before = fusible[at] || untouched[at] ? levels[at] : levels[at] - 1;
    for (const source of sources[at]) needed[source] = Math.min(needed[source] ?? before, before);
  }
  return levels;
}
