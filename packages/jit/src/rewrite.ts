// Rewrites of the neutral graph before it is lowered: a node absorbs another whose only reader it is.

import type { Graph, GraphNode, Value } from './graph.js';

/** Everything a pass needs to know about the graph it rewrites. */
export interface Context {
  /** The node that computes a value, as rewritten so far. */
  readonly maker: Map<number, GraphNode>;
  /** How often a value is read, results included. */
  readonly readers: Map<number, number>;
  /** Nodes that were absorbed. */
  readonly gone: Set<GraphNode>;
}

/** What takes the place of a node, or undefined where the pass does not apply. */
export type Pass = (context: Context, node: GraphNode) => GraphNode | GraphNode[] | undefined;

/** @param passes by the kernel they look at; of those that apply the first one does */
export function rewrite(graph: Graph, passes: Readonly<Record<string, readonly Pass[]>>): Graph {
  const context: Context = { maker: new Map(), readers: readersOf(graph), gone: new Set() };
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    let found: GraphNode | GraphNode[] = node;
    for (const pass of passes[node.op] ?? []) {
      found = pass(context, node) ?? node;
      if (found !== node) break;
    }
    for (const made of [found].flat()) {
      nodes.push(made);
      for (const { id } of made.outputs) context.maker.set(id, made);
    }
  }
  return { ...graph, nodes: nodes.filter((node) => !context.gone.has(node)) };
}

/** How often each value is read, results included. */
export function readersOf(graph: Graph): Map<number, number> {
  const readers = new Map<number, number>();
  const read = ({ id }: Value): void => void readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(read);
  [...graph.newState, ...graph.outputs].forEach(read);
  return readers;
}

/** The node that computes `value`, if it is `op` and nobody else reads the result. */
export function absorbable(
  { maker, readers, gone }: Context,
  value: Value,
  op: string,
): GraphNode | undefined {
  const node = maker.get(value.id);
  return node?.op === op && readers.get(value.id) === 1 && !gone.has(node) ? node : undefined;
}
