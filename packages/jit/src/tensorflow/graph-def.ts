// GraphDef and SavedModel bytes, with protobufjs's writer.
//
// Field numbers: tensorflow/core/framework/{graph,node_def,attr_value,tensor,types,function}.proto,
// tensorflow/core/protobuf/{meta_graph,saved_model}.proto.

import protobuf from 'protobufjs/minimal.js';
import type { DType } from '../host-tensor.js';

export type TfType = DType | 'bfloat16' | 'uint32' | 'int64' | 'resource';

export type TfAttribute =
  | boolean
  | string
  | { readonly type: TfType }
  | { readonly types: readonly TfType[] }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly shape: readonly number[] }
  | { readonly function: string }
  | TfTensor;

/** A constant: the elements' bytes, or one element that is repeated. */
export interface TfTensor {
  readonly dtype: TfType;
  readonly dimensions: readonly number[];
  readonly bytes: Uint8Array;
  readonly repeated: boolean;
}

export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:1` for a second output, `^name` for an order without data. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, TfAttribute>>;
}

/** The node that a reference names. */
export function nodeOf(ref: string): string {
  const start = ref.startsWith('^') ? 1 : 0;
  const end = ref.indexOf(':');
  return ref.slice(start, end < 0 ? undefined : end);
}

/** A piece of graph that nodes call by name. */
export interface TfFunction {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly dtype: TfType }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: TfType;
    /** `node:output:index`, as references inside functions are written. */
    readonly source: string;
  }[];
  readonly nodes: readonly TfNode[];
}

const TYPE_CODE: Readonly<Record<TfType, number>> = {
  float32: 1,
  int32: 3,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
  uint32: 22,
};

/** Version of TensorFlow's graph format that is written; newer libraries accept it. */
const PRODUCER = 1882;

type Writer = protobuf.Writer;
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** The content of a saved_model.pb without variables. */
export function writeSavedModel(
  nodes: readonly TfNode[],
  functions: readonly TfFunction[],
): Uint8Array {
  const writer = protobuf.Writer.create();
  int(writer, 1, 1);
  message(writer, 2, (meta) => {
    message(meta, 1, (info) => text(info, 4, 'serve'));
    message(meta, 2, (graph) => {
      for (const node of nodes) message(graph, 1, (w) => writeNode(w, node));
      message(graph, 2, (library) => {
        for (const item of functions) message(library, 1, (w) => writeFunction(w, item));
      });
      message(graph, 4, (versions) => int(versions, 1, PRODUCER));
    });
  });
  return writer.finish();
}

function writeNode(writer: Writer, { name, op, inputs, attributes }: TfNode): void {
  text(writer, 1, name);
  text(writer, 2, op);
  for (const input of inputs) text(writer, 3, input);
  for (const [key, value] of Object.entries(attributes)) {
    message(writer, 5, (entry) => {
      text(entry, 1, key);
      message(entry, 2, (w) => writeAttribute(w, value));
    });
  }
}

function writeAttribute(writer: Writer, value: TfAttribute): void {
  if (typeof value === 'boolean') int(writer, 5, Number(value));
  else if (typeof value === 'string') text(writer, 2, value);
  else if ('type' in value) int(writer, 6, TYPE_CODE[value.type]);
  else if ('types' in value) {
    message(writer, 1, (list) => {
      for (const type of value.types) int(list, 6, TYPE_CODE[type]);
    });
  } else if ('int' in value) int(writer, 3, value.int);
  else if ('float' in value) writer.uint32(tag(4, FIXED32)).float(value.float);
  else if ('ints' in value) {
    message(writer, 1, (list) => {
      for (const item of value.ints) int(list, 3, item);
    });
  } else if ('shape' in value) message(writer, 7, (w) => writeShape(w, value.shape));
  else if ('function' in value) message(writer, 10, (w) => text(w, 1, value.function));
  else message(writer, 8, (w) => writeTensor(w, value));
}

function writeTensor(writer: Writer, { dtype, dimensions, bytes, repeated }: TfTensor): void {
  int(writer, 1, TYPE_CODE[dtype]);
  message(writer, 2, (w) => writeShape(w, dimensions));
  if (!repeated) {
    writer.uint32(tag(4, BYTES)).bytes(bytes);
    return;
  }
  // A tensor with fewer values than elements repeats the last one.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'float32') writer.uint32(tag(5, FIXED32)).float(view.getFloat32(0, true));
  else if (dtype === 'bool') int(writer, 11, view.getUint8(0));
  else if (dtype === 'uint32') int(writer, 16, view.getUint32(0, true));
  else int(writer, 7, view.getInt32(0, true));
}

function writeShape(writer: Writer, dimensions: readonly number[]): void {
  for (const size of dimensions) message(writer, 2, (dimension) => int(dimension, 1, size));
}

function writeFunction(writer: Writer, { name, inputs, outputs, nodes }: TfFunction): void {
  const argument = (w: Writer, item: { name: string; dtype: TfType }): void => {
    text(w, 1, item.name);
    int(w, 3, TYPE_CODE[item.dtype]);
  };
  message(writer, 1, (signature) => {
    text(signature, 1, name);
    for (const input of inputs) message(signature, 2, (w) => argument(w, input));
    for (const output of outputs) message(signature, 3, (w) => argument(w, output));
  });
  for (const node of nodes) message(writer, 3, (w) => writeNode(w, node));
  for (const output of outputs) {
    message(writer, 4, (entry) => {
      text(entry, 1, output.name);
      text(entry, 2, output.source);
    });
  }
}

const tag = (field: number, wire: number): number => (field << 3) | wire;

function int(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, BYTES)).string(value);
}

function message(writer: Writer, field: number, write: (writer: Writer) => unknown): void {
  writer.uint32(tag(field, BYTES)).fork();
  write(writer);
  writer.ldelim();
}
