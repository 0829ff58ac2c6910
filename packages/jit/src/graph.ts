// The neutral graph: what a trace records and what every engine's emitter reads.
//
// Plain data: a node is a TensorFlow.js kernel (name, attributes) over values; a value has a shape and a
// type. Common subexpressions are recorded once; nodes that no result needs are dropped at the end.

import { allocate, type DType, type HostArray, sizeOf, type TensorSpec } from './host-tensor.js';

export type Attrs = Readonly<Record<string, unknown>>;

/** One tensor of the graph. `constant` is set when its values are known. */
export interface Value extends TensorSpec {
  readonly id: number;
  readonly constant?: Constant;
}

/** Known values: one number everywhere, or an array in row-major order. */
export type Constant = { readonly uniform: number } | { readonly data: HostArray };

export interface GraphNode {
  /** Name of the TensorFlow.js kernel. */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly outputs: readonly Value[];
}

/** A traced function. Nodes are in an order in which they can run. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly state: readonly Value[];
  readonly inputs: readonly Value[];
  /** One per state leaf; the very value of `state` where the leaf does not change. */
  readonly newState: readonly Value[];
  readonly outputs: readonly Value[];
}

/** State leaves that change, by index. */
export const changesOf = ({ state, newState }: Graph): number[] =>
  [...state.keys()].filter((index) => newState[index].id !== state[index].id);

/** How a kernel is recorded: checks, simplifies, and appends nodes. */
export interface KernelRule {
  /** Names of the kernel's inputs in order; `list` when TensorFlow.js passes them as an array. */
  readonly inputs: readonly string[] | 'list';
  /** Whether TensorFlow.js expects an array of results, even of one. */
  readonly many: boolean;
  readonly record: (
    graph: GraphBuilder,
    inputs: readonly Value[],
    attrs: Attrs,
  ) => readonly Value[];
}

/** States a rule with typed attributes; TensorFlow.js types them per kernel, the registry does not. */
export function rule<A extends object = Attrs>(
  inputs: readonly string[] | 'list',
  record: (graph: GraphBuilder, inputs: readonly Value[], attrs: A) => readonly Value[] | Value,
  { many = false }: { many?: boolean } = {},
): KernelRule {
  return {
    inputs,
    many,
    record: (graph, values, attrs) => {
      // The registry is keyed by kernel name, which fixes the type of the attributes.
      const recorded = record(graph, values, attrs as A);
      return Array.isArray(recorded) ? recorded : [recorded as Value];
    },
  };
}

export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  private readonly rules: ReadonlyMap<string, KernelRule>;
  private readonly known = new Map<string, readonly Value[]>();
  private readonly producers = new Map<number, GraphNode>();
  private nextId = 0;

  constructor(rules: ReadonlyMap<string, KernelRule>) {
    this.rules = rules;
  }

  /** A value that comes from outside: a state leaf or an input. */
  placeholder({ shape, dtype }: TensorSpec): Value {
    return { id: this.nextId++, shape: [...shape], dtype };
  }

  /** A value that is the same number everywhere. */
  splat(value: number, shape: readonly number[], dtype: DType): Value {
    const uniform = dtype === 'float32' ? Math.fround(value) : Math.trunc(value);
    const key = `splat ${Object.is(uniform, -0) ? '-0' : uniform} ${dtype} ${shape}`;
    return this.once(key, () => [
      { id: this.nextId++, shape: [...shape], dtype, constant: { uniform } },
    ])[0];
  }

  /** A value known while tracing. Arrays of one repeated number become a splat. */
  constant(data: ArrayLike<number>, shape: readonly number[], dtype: DType): Value {
    const first = data[0] ?? 0;
    let uniform = data.length > 0;
    for (let i = 1; uniform && i < data.length; i++) uniform = Object.is(data[i], first);
    if (uniform) return this.splat(first, shape, dtype);
    const make = (): Value[] => {
      const copy = allocate(dtype, data.length);
      copy.set(data);
      return [{ id: this.nextId++, shape: [...shape], dtype, constant: { data: copy } }];
    };
    if (data.length > 256) return make()[0];
    return this.once(`constant ${dtype} [${shape}] ${Array.from(data)}`, make)[0];
  }

  /** Records a kernel by the rules, as if TensorFlow.js had called it. */
  kernel(op: string, inputs: readonly Value[], attrs: Attrs = {}): readonly Value[] {
    const found = this.rules.get(op);
    if (!found) throw new Error(unknownKernel(op));
    return found.record(this, inputs, attrs);
  }

  /** `kernel` for the many kernels with one result. */
  call(op: string, inputs: readonly Value[], attrs: Attrs = {}): Value {
    return this.kernel(op, inputs, attrs)[0];
  }

  /** Appends a node as it is, or finds the equal one that exists. */
  node(
    op: string,
    inputs: readonly Value[],
    attrs: Attrs,
    outputs: readonly TensorSpec[],
  ): readonly Value[] {
    const types = outputs.map(({ dtype }) => dtype); // the type is not always an attribute (OneHot)
    const key = `${op} ${inputs.map(({ id }) => id)} ${types} ${spell(attrs)}`;
    return this.once(key, () => {
      const values = outputs.map((spec) => this.placeholder(spec));
      const node = { op, inputs, attrs, outputs: values };
      this.nodes.push(node);
      for (const { id } of values) this.producers.set(id, node);
      return values;
    });
  }

  /** The node that computes `value`; undefined for constants and what comes from outside. */
  producer({ id }: Value): GraphNode | undefined {
    return this.producers.get(id);
  }

  /** The recorded graph, without what no result needs. */
  finish(ends: Omit<Graph, 'nodes'>): Graph {
    const needed = new Set([...ends.newState, ...ends.outputs].map(({ id }) => id));
    const live: GraphNode[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some(({ id }) => needed.has(id))) continue;
      for (const { id } of node.inputs) needed.add(id);
      live.push(node);
    }
    return { ...ends, nodes: live.reverse() };
  }

  private once(key: string, make: () => readonly Value[]): readonly Value[] {
    const found = this.known.get(key);
    if (found) return found;
    const made = make();
    this.known.set(key, made);
    return made;
  }
}

/** The one number a value consists of, or undefined. */
export function uniformOf({ constant }: Value): number | undefined {
  return constant && 'uniform' in constant ? constant.uniform : undefined;
}

/** A constant's values as an array. */
export function constantArray({ constant, dtype, shape }: Value): HostArray | undefined {
  if (!constant || 'data' in constant) return constant?.data;
  return allocate(dtype, sizeOf(shape)).fill(constant.uniform);
}

export function unknownKernel(op: string): string {
  return (
    `jit: kernel "${op}" cannot be traced.\n` +
    `Write the function with other ops, compute this part outside the traced function and pass it in, ` +
    `or use the eager engine.`
  );
}

/** Attributes as part of a key; JSON would not tell NaN and infinities apart. */
function spell(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(spell)}]`;
  let text = '';
  for (const [name, item] of Object.entries(value)) text += `${name}:${spell(item)} `;
  return text;
}
