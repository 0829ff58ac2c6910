// Collects TensorFlow nodes while a graph is lowered; equal nodes and constants are written once.

import type { Precision } from '../engine.js';
import { constantArray, uniformOf, type Value } from '../graph.js';
import { type DType, sameShape, sizeOf } from '../host-tensor.js';
import type { TfAttribute, TfNode, TfTensor, TfType } from './graph-def.js';

/** A tensor of the TensorFlow graph. */
export interface Term {
  /** How other nodes name it as an input. */
  readonly ref: string;
  readonly dtype: TfType;
  readonly shape: readonly number[];
}

export type TermSpec = Omit<Term, 'ref'>;
export type TfAttributes = Readonly<Record<string, TfAttribute>>;

const NONE: TfAttributes = {};

/** Operators whose types are not an attribute named T. */
const WITHOUT_T: ReadonlySet<string> = new Set([
  'All',
  'Any',
  'Cast',
  'GatherNd',
  'GatherV2',
  'LogicalAnd',
  'LogicalNot',
  'LogicalOr',
  'Range',
]);

export type TfBuilderOptions = Pick<TfBuilder, 'precision' | 'columnReads'>;

/**
 * What a processor wants of products whose first matrix is read by columns, as those for weight gradients: `widened`
 * rows that lie 4 KiB apart, the result of the `turned` product, or nothing.
 */
export type ColumnReads = 'plain' | 'widened' | 'turned';

export class TfBuilder {
  readonly nodes: TfNode[] = [];
  private readonly terms = new Map<number, Term>();
  private readonly lowTerms = new Map<number, Term>();
  private readonly known = new Map<string, readonly Term[]>();
  private readonly specs = new Map<string, TermSpec>();
  private readonly prefix: string;
  readonly precision: Precision;
  readonly columnReads: ColumnReads;

  /** @param prefix of all node names, so that several functions fit into one graph */
  constructor(
    prefix: string,
    { precision = 'float32', columnReads = 'plain' }: Partial<TfBuilderOptions> = {},
  ) {
    this.prefix = prefix;
    this.precision = precision;
    this.columnReads = columnReads;
  }

  /** Says what a neutral value is from now on. */
  bind(value: Value, term: Term): void {
    this.terms.set(value.id, term);
    this.specs.set(term.ref, term);
  }

  /** Type and shape of a reference that this builder has handed out. */
  specOf(ref: string): TermSpec | undefined {
    return this.specs.get(ref);
  }

  /** The same for a float32 value that exists in bfloat16; it is widened when something asks for it. */
  bindLow(value: Value, term: Term): void {
    this.lowTerms.set(value.id, term);
  }

  /** The bfloat16 form of a value of which nobody has asked the float32 form yet. */
  lowOnly(value: Value): Term | undefined {
    return this.terms.has(value.id) ? undefined : this.lowTerms.get(value.id);
  }

  /** The form of a value that costs nothing; for lowerings that only move it. */
  form(value: Value): Term {
    return this.lowOnly(value) ?? this.term(value);
  }

  /** The bfloat16 form of a float32 value; made once. */
  low(value: Value): Term {
    const found = this.lowTerms.get(value.id);
    if (found) return found;
    const made = this.cast(this.term(value), 'bfloat16');
    this.bindLow(value, made);
    return made;
  }

  /** The TensorFlow tensor of a neutral value; constants are written on first use. */
  term(value: Value): Term {
    const found = this.terms.get(value.id);
    if (found) return found;
    const low = this.lowTerms.get(value.id);
    const made = low ? this.cast(low, value.dtype) : this.constantOf(value);
    this.bind(value, made);
    return made;
  }

  /** `value` as an operand that broadcasts to `output`: a uniform constant shrinks to a scalar where it may. */
  operand(value: Value, against: readonly number[], output: readonly number[]): Term {
    const uniform = uniformOf(value);
    return uniform !== undefined && sameShape(against, output)
      ? this.scalar(uniform, value.dtype)
      : this.term(value);
  }

  /** Adds a node with one output; `T` is the type of its first input unless given. */
  op(op: string, inputs: readonly Term[], output: TermSpec, attributes?: TfAttributes): Term {
    return this.ops(op, inputs, [output], attributes)[0];
  }

  /** Adds a node with several outputs. */
  ops(
    op: string,
    inputs: readonly Term[],
    outputs: readonly TermSpec[],
    attributes: TfAttributes = NONE,
  ): readonly Term[] {
    const type = inputs.length > 0 && !WITHOUT_T.has(op) ? inputs[0].dtype : undefined;
    const refs = inputs.map(({ ref }) => ref);
    const spelt = attributes === NONE ? '' : JSON.stringify(attributes);
    return this.once(`${op} ${refs} ${type} ${spelt}`, () => {
      const all = type ? { T: { type }, ...attributes } : attributes;
      const name = this.add(op, refs, all);
      return outputs.map(({ dtype, shape }, index) => ({
        ref: index === 0 ? name : `${name}:${index}`,
        dtype,
        shape,
      }));
    });
  }

  /** Adds a node as it is. @returns its name */
  add(op: string, inputs: readonly string[], attributes: TfAttributes, name?: string): string {
    const full = this.prefix + (name ?? `n${this.nodes.length}`);
    this.nodes.push({ name: full, op, inputs, attributes });
    return full;
  }

  scalar(value: number, dtype: TfType = 'float32'): Term {
    return this.constant([value], [], dtype);
  }

  /** A vector of int32, as TensorFlow wants axes, shapes and the like. */
  ints(values: readonly number[]): Term {
    return this.constant(values, [values.length], 'int32');
  }

  constant(values: ArrayLike<number>, shape: readonly number[], dtype: TfType): Term {
    const repeated = values.length === 1 && sizeOf(shape) > 1;
    const make = (): Term[] => {
      const value: TfTensor = { dtype, dimensions: shape, bytes: encode(dtype, values), repeated };
      return [{ ref: this.add('Const', [], { dtype: { type: dtype }, value }), dtype, shape }];
    };
    if (values.length > 64) return make()[0];
    return this.once(`constant ${dtype} [${shape}] ${Array.from(values, spell)}`, make)[0];
  }

  cast(x: Term, dtype: TfType): Term {
    if (x.dtype === dtype) return x;
    return this.op('Cast', [x], { dtype, shape: x.shape }, castTypes(x.dtype, dtype));
  }

  reshape(x: Term, shape: readonly number[]): Term {
    if (sameShape(x.shape, shape)) return x;
    return this.op('Reshape', [x, this.ints(shape)], { dtype: x.dtype, shape }, INDEX);
  }

  private constantOf(value: Value): Term {
    const { shape, dtype } = value;
    const uniform = uniformOf(value);
    if (uniform !== undefined) return this.constant([uniform], shape, dtype);
    const values = constantArray(value);
    if (!values) throw new Error(`jit: value ${value.id} is used before it is computed.`);
    return this.constant(values, shape, dtype);
  }

  private once(key: string, make: () => readonly Term[]): readonly Term[] {
    const found = this.known.get(key);
    if (found) return found;
    const made = make();
    this.known.set(key, made);
    for (const term of made) this.specs.set(term.ref, term);
    return made;
  }
}

/** For operators whose shape argument has a type of its own. */
const INDEX: TfAttributes = { Tshape: { type: 'int32' } };

const castTypes = (from: TfType, to: TfType): TfAttributes => ({
  SrcT: { type: from },
  DstT: { type: to },
  Truncate: false,
});

const spell = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

function encode(dtype: TfType, values: ArrayLike<number>): Uint8Array {
  const view = ((): ArrayBufferView => {
    switch (dtype) {
      case 'float32':
        return Float32Array.from(values);
      case 'int32':
        return Int32Array.from(values);
      case 'uint32':
        return Uint32Array.from(values);
      case 'bool':
        return Uint8Array.from(values);
      default:
        throw new TypeError(`jit: no constants of type ${dtype satisfies Exclude<TfType, DType>}.`);
    }
  })();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
