// The contract of a lowering: one kernel of the neutral graph → ONNX nodes.

import type { Attrs, GraphNode, Value } from '../graph.js';
import type { Name, OnnxBuilder } from './builder.js';

export interface LoweredNode<A = Attrs> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
}

/** Adds nodes to `onnx` and names the kernel's results. */
export type Lowering<A = Attrs> = (
  onnx: OnnxBuilder,
  node: LoweredNode<A>,
) => Name | readonly Name[];

/** Lowerings by kernel name. Attribute types differ per kernel, hence the unknown parameter. */
export type LoweringTable = Readonly<
  Record<string, (onnx: OnnxBuilder, node: GraphNode) => Name | readonly Name[]>
>;

/** Fits a lowering with typed attributes into a table; the kernel's name fixes their type. */
export function lower<A>(lowering: Lowering<A>): LoweringTable[string] {
  return (onnx, node) => lowering(onnx, { ...node, attrs: node.attrs as A });
}
