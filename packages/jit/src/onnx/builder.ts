// Collects ONNX nodes while a graph is lowered; equal nodes and constants are written once.

import { constantArray, uniformOf, type Value } from '../graph.js';
import { allocate, type DType, sameShape, sizeOf } from '../host-tensor.js';
import {
  type OnnxAttribute,
  type OnnxData,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxType,
  renamed,
} from './model-writer.js';

/** The name of an ONNX value. */
export type Name = string;

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** Big uniform arrays are made when the session starts instead of being written out. */
const LARGEST_WRITTEN = 1024;

/**
 * Which operators may be used: what ONNX Runtime has on the processor, what it has on a GPU (WebGPU has neither shifts
 * nor FusedMatMul), or those of the ONNX standard.
 */
export type Dialect = 'cpu' | 'gpu' | 'standard';

export interface BuilderOptions {
  readonly dialect?: Dialect;
  /** How names of values begin. */
  readonly prefix?: string;
  /**
   * Sizes may stay open: which integers are equal, and which slices are whole, may be an accident of the sizes that the
   * graph was traced for, and changes nothing in what is written.
   */
  readonly openSizes?: boolean;
}

export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  private readonly names = new Map<number, Name>();
  private readonly known = new Map<string, readonly Name[]>();
  readonly dialect: Dialect;
  readonly openSizes: boolean;
  private readonly prefix: string;
  private nextName = 0;

  constructor({ dialect = 'cpu', prefix = 'v', openSizes = false }: BuilderOptions = {}) {
    this.dialect = dialect;
    this.prefix = prefix;
    this.openSizes = openSizes;
  }

  /** Says how a neutral value is called from now on. */
  bind(value: Value, name: Name): void {
    this.names.set(value.id, name);
  }

  /** The ONNX name of a neutral value; constants are written on first use. */
  name(value: Value): Name {
    const found = this.names.get(value.id);
    if (found !== undefined) return found;
    const made = this.constantOf(value);
    this.bind(value, made);
    return made;
  }

  /** `value` where ONNX broadcasts it against something of shape `against`: a uniform constant shrinks to a scalar. */
  operand(value: Value, against: readonly number[], output: readonly number[]): Name {
    const uniform = uniformOf(value);
    return uniform !== undefined && sameShape(against, output)
      ? this.scalar(uniform, value.dtype)
      : this.name(value);
  }

  /** Adds a node with one output. */
  op(type: string, inputs: readonly Name[], attributes: Attributes = {}, domain = ''): Name {
    return this.ops(type, inputs, 1, attributes, domain)[0];
  }

  /** Adds a node with several outputs. */
  ops(
    type: string,
    inputs: readonly Name[],
    outputs: number,
    attributes: Attributes = {},
    domain = '',
  ): readonly Name[] {
    return this.once(`${type} ${inputs} ${outputs} ${JSON.stringify(attributes)}`, () => {
      const names = Array.from({ length: outputs }, () => this.fresh());
      this.nodes.push({ type, domain, inputs, outputs: names, attributes });
      return names;
    });
  }

  /** Adds a node of onnxruntime's own operators. */
  microsoft(type: string, inputs: readonly Name[], attributes: Attributes = {}): Name {
    return this.op(type, inputs, attributes, 'com.microsoft');
  }

  /**
   * Gives results their names. The node that computes a result takes over its name; what is an input, a constant or
   * another result already goes through an Identity, which costs a copy.
   */
  end(results: readonly { readonly value: Value; readonly name: Name }[]): void {
    const computed = new Set(this.nodes.flatMap(({ outputs }) => outputs));
    const taken = new Map<Name, Name>();
    const copies: OnnxNode[] = [];
    for (const { value, name } of results) {
      const from = this.name(value);
      if (computed.has(from) && !taken.has(from)) taken.set(from, name);
      else
        copies.push({
          type: 'Identity',
          domain: '',
          inputs: [from],
          outputs: [name],
          attributes: {},
        });
    }
    const nameOf = (name: Name): Name => taken.get(name) ?? name;
    this.nodes.push(...copies);
    for (const [index, node] of this.nodes.entries())
      this.nodes[index] = { ...renamed(node, nameOf), outputs: node.outputs.map(nameOf) };
  }

  scalar(value: number, dtype: OnnxType = 'float32'): Name {
    return this.initializer(dtype, [], [value]);
  }

  /** A vector of int64, as ONNX wants axes, shapes and the like. */
  int64s(values: readonly number[]): Name {
    return this.initializer('int64', [values.length], values);
  }

  initializer(dtype: OnnxType, shape: readonly number[], values: ArrayLike<number>): Name {
    const make = (): readonly Name[] => {
      const name = this.fresh();
      this.initializers.push({ name, dtype, shape, data: encode(dtype, values) });
      return [name];
    };
    if (values.length > 64 || (this.openSizes && dtype === 'int64')) return make()[0];
    return this.once(`initializer ${dtype} [${shape}] ${Array.from(values, spell)}`, make)[0];
  }

  private constantOf(value: Value): Name {
    const { shape, dtype } = value;
    const uniform = uniformOf(value);
    const written = this.openSizes ? 1 : LARGEST_WRITTEN;
    if (uniform !== undefined && sizeOf(shape) > written) {
      return this.op('Expand', [this.scalar(uniform, dtype), this.int64s(shape)]);
    }
    const values = constantArray(value);
    if (!values) throw new Error(`jit: value ${value.id} is used before it is computed.`);
    return this.initializer(dtype, shape, values);
  }

  private fresh(): Name {
    return `${this.prefix}${this.nextName++}`;
  }

  private once(key: string, make: () => readonly Name[]): readonly Name[] {
    const found = this.known.get(key);
    if (found) return found;
    const made = make();
    this.known.set(key, made);
    return made;
  }
}

const spell = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

function encode(dtype: OnnxType, values: ArrayLike<number>): OnnxData {
  if (dtype === 'int64') return BigInt64Array.from(Array.from(values), (value) => BigInt(value));
  if (dtype === 'uint32') return Uint32Array.from(values);
  if (ArrayBuffer.isView(values)) return values as ArrayLike<number> & OnnxData;
  const data = allocate(dtype satisfies DType, values.length);
  data.set(values);
  return data;
}
