// The contract of a lowering: one kernel of the neutral graph → TensorFlow nodes.

import type { Attrs, GraphNode, Value } from '../graph.js';
import type { Term, TfBuilder } from './builder.js';

export interface LoweredNode<A = Attrs> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
}

/** Adds nodes to `tf` and gives the kernel's results. */
export type Lowering<A = Attrs> = (tf: TfBuilder, node: LoweredNode<A>) => Term | readonly Term[];

/** Lowerings by kernel name. Attribute types differ per kernel, hence the unknown parameter. */
export type LoweringTable = Readonly<
  Record<string, (tf: TfBuilder, node: GraphNode) => Term | readonly Term[]>
>;

/** Fits a lowering with typed attributes into a table; the kernel's name fixes their type. */
export function lower<A>(lowering: Lowering<A>): LoweringTable[string] {
  return (tf, node) => lowering(tf, { ...node, attrs: node.attrs as A });
}
