// Clusters of element-wise nodes become functions that XLA compiles to one loop each.
//
// Equal clusters, the same layer twelve times, share one function, which is compiled once.

import { createHash } from 'node:crypto';
import type { TermSpec } from './builder.js';
import { clustersOf, ELEMENTWISE_OUTPUT, isWidening, type SpecOf } from './clusters.js';
import { nodeOf, type TfFunction, type TfNode } from './graph-def.js';

export interface Fused {
  readonly nodes: readonly TfNode[];
  readonly functions: readonly TfFunction[];
}

/** @param nodes in an order in which each stands behind what it reads */
export function fuseClusters(nodes: readonly TfNode[], specOf: SpecOf): Fused {
  const clusters = clustersOf(nodes, specOf);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const members = new Map(
    clusters.flatMap((cluster) => cluster.map(({ name }) => [name, cluster] as const)),
  );
  const widenings = new Map(
    nodes.filter((node) => isWidening(node, specOf)).map((node) => [node.name, node]),
  );
  const usedOutside = new Set<string>();
  for (const { name, inputs } of nodes) {
    const cluster = members.get(name);
    for (const ref of inputs) {
      const isAnew = cluster && members.get(ref) !== cluster;
      const read = nodeOf((isAnew && widenings.get(ref)?.inputs[0]) || ref);
      if (members.get(read) !== cluster) usedOutside.add(read);
    }
  }
  const functions = new Map<string, TfFunction>();
  const calls = new Map<TfNode[], TfNode>();
  const renamed = new Map<string, string>();
  for (const cluster of clusters) {
    const { call, body, results } = outline(cluster, { byName, widenings, specOf, usedOutside });
    functions.set(body.name, body);
    calls.set(cluster, call);
    for (const [at, name] of results.entries())
      renamed.set(name, at === 0 ? call.name : `${call.name}:${at}`);
    for (const { name } of cluster) renamed.set(`^${name}`, `^${call.name}`);
  }
  const connected = (node: TfNode): TfNode => {
    if (!node.inputs.some((ref) => renamed.has(ref))) return node;
    const inputs = node.inputs.map((ref) => renamed.get(ref) ?? ref);
    return { ...node, inputs: withoutRepeatedOrders(inputs) };
  };
  const others = nodes.filter(({ name }) => !members.has(name));
  return {
    nodes: [...others, ...calls.values()].map(connected),
    functions: [...functions.values()],
  };
}

interface Outlined {
  readonly call: TfNode;
  readonly body: TfFunction;
  /** Members that are read from outside, in the order of the call's results. */
  readonly results: readonly string[];
}

interface Surroundings {
  readonly byName: ReadonlyMap<string, TfNode>;
  /** Casts that each cluster makes anew: it costs nothing there, and half as much is read. */
  readonly widenings: ReadonlyMap<string, TfNode>;
  readonly specOf: SpecOf;
  readonly usedOutside: ReadonlySet<string>;
}

function outline(
  cluster: readonly TfNode[],
  { byName, widenings, specOf, usedOutside }: Surroundings,
): Outlined {
  const typeOf = (ref: string): TermSpec['dtype'] => (specOf(ref) as TermSpec).dtype; // clusters are made of known ones
  const inside = new Map<string, string>();
  const given: string[] = [];
  const nodes: TfNode[] = [];
  const operand = (ref: string): string => {
    const known = inside.get(ref);
    if (known) return known;
    const widening = widenings.get(ref);
    if (widening) return compute(widening);
    const source = byName.get(nodeOf(ref));
    const isScalar = source?.op === 'Const' && specOf(ref)?.shape.length === 0;
    const name = isScalar ? `c${nodes.length}:output:0` : `a${given.length}`;
    if (isScalar) nodes.push({ ...source, name: `c${nodes.length}` });
    else given.push(ref);
    inside.set(ref, name);
    return name;
  };
  const compute = ({ name, op, inputs, attributes }: TfNode): string => {
    const operands = inputs.map(operand);
    const local = `n${nodes.length}`;
    const source = `${local}:${ELEMENTWISE_OUTPUT[op]}:0`;
    nodes.push({ name: local, op, inputs: operands, attributes });
    inside.set(name, source);
    return source;
  };
  const results: string[] = [];
  const sources: string[] = [];
  for (const node of cluster) {
    const source = compute(node);
    if (!usedOutside.has(node.name)) continue;
    results.push(node.name);
    sources.push(source);
  }
  const signature = {
    inputs: given.map((ref, at) => ({ name: `a${at}`, dtype: typeOf(ref) })),
    outputs: results.map((ref, at) => ({
      name: `r${at}`,
      dtype: typeOf(ref),
      source: sources[at],
    })),
    nodes,
  };
  const hash = createHash('sha256').update(JSON.stringify(signature)).digest('hex');
  const body = { name: `fused_${hash.slice(0, 16)}`, ...signature };
  const call: TfNode = {
    name: `${cluster[0].name}_fused`,
    op: 'PartitionedCall',
    inputs: given,
    attributes: {
      Tin: { types: signature.inputs.map(({ dtype }) => dtype) },
      Tout: { types: signature.outputs.map(({ dtype }) => dtype) },
      f: { function: body.name },
      _XlaMustCompile: true,
    },
  };
  return { call, body, results };
}

/** One order is enough to wait for a call of which several results were waited for. */
const withoutRepeatedOrders = (refs: readonly string[]): string[] =>
  refs.filter((ref, at) => !ref.startsWith('^') || refs.indexOf(ref) === at);
