// ONNX protobuf bytes, with protobufjs's writer.
//
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 (IR version 10).

import protobuf from 'protobufjs/minimal.js';
import type { DType, HostArray } from '../host-tensor.js';

export type OnnxType = DType | 'int64' | 'uint32';
export type OnnxData = HostArray | BigInt64Array | Uint32Array;
export type OnnxAttribute = number | string | readonly number[] | { readonly int: number } | Branch;

/** A graph inside of a node: it gives a value of the graph around it. */
export interface Branch {
  readonly gives: string;
  readonly dtype: OnnxType;
}

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Plain numbers are floats; integers are written `{ int: 3 }`; arrays are integers. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: OnnxType;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

/** A constant whose values the runtime is given when it loads the model. */
export type OnnxConstant = Omit<OnnxInitializer, 'data'>;

export interface OnnxPort {
  readonly name: string;
  readonly dtype: OnnxType;
  /** A number, or the name of a dynamic axis. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly constants?: readonly OnnxConstant[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

const ELEMENT_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
};

const OPSET = 21;
const IR_VERSION = 10;

type Writer = protobuf.Writer;
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

export function writeModel(model: OnnxModel): Uint8Array {
  const writer = protobuf.Writer.create();
  int(writer, 1, IR_VERSION);
  text(writer, 2, 'alectra');
  message(writer, 7, (graph) => {
    for (const node of model.nodes) message(graph, 1, (w) => writeNode(w, node));
    text(graph, 2, 'graph');
    for (const initializer of model.initializers)
      message(graph, 5, (w) => writeInitializer(w, initializer));
    for (const constant of model.constants ?? [])
      message(graph, 5, (w) => writeConstant(w, constant));
    for (const port of model.inputs) message(graph, 11, (w) => writePort(w, port));
    for (const port of model.outputs) message(graph, 12, (w) => writePort(w, port));
  });
  const domains = new Set(model.nodes.map(({ domain }) => domain));
  for (const domain of domains.add('')) {
    message(writer, 8, (w) => {
      text(w, 1, domain);
      int(w, 2, domain === '' ? OPSET : 1);
    });
  }
  return writer.finish();
}

function writeNode(writer: Writer, { type, domain, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) text(writer, 1, input);
  for (const output of outputs) text(writer, 2, output);
  text(writer, 3, outputs[0]);
  text(writer, 4, type);
  for (const [name, value] of Object.entries(attributes))
    message(writer, 5, (w) => writeAttribute(w, name, value));
  if (domain) text(writer, 7, domain);
}

function writeAttribute(writer: Writer, name: string, value: OnnxAttribute): void {
  text(writer, 1, name);
  if (typeof value === 'number') {
    writer.uint32(tag(2, FIXED32)).float(value);
    int(writer, 20, 1);
  } else if (typeof value === 'string') {
    text(writer, 4, value);
    int(writer, 20, 3);
  } else if ('int' in value) {
    int(writer, 3, value.int);
    int(writer, 20, 2);
  } else if ('gives' in value) {
    message(writer, 6, (graph) => writeBranch(graph, value));
    int(writer, 20, 5);
  } else {
    for (const item of value) int(writer, 8, item);
    int(writer, 20, 7);
  }
}

function writeBranch(writer: Writer, { gives, dtype }: Branch): void {
  const result = `${gives}_given`;
  const copy = { type: 'Identity', domain: '', inputs: [gives], outputs: [result], attributes: {} };
  message(writer, 1, (w) => writeNode(w, copy));
  text(writer, 2, 'branch');
  message(writer, 12, (w) => {
    text(w, 1, result);
    message(w, 2, (type) => message(type, 1, (tensor) => int(tensor, 1, ELEMENT_TYPE[dtype])));
  });
}

/** Names of the graph's values that a node reads. */
export const readBy = ({ inputs, attributes }: OnnxNode): string[] => [
  ...inputs,
  ...Object.values(attributes).flatMap((value) => (isBranch(value) ? value.gives : [])),
];

/** The node with other names for what it reads. */
export function renamed(node: OnnxNode, nameOf: (name: string) => string): OnnxNode {
  const attributes = Object.entries(node.attributes).map(([name, value]) => [
    name,
    isBranch(value) ? { ...value, gives: nameOf(value.gives) } : value,
  ]);
  return {
    ...node,
    inputs: node.inputs.map(nameOf),
    attributes: Object.fromEntries(attributes),
  };
}

const isBranch = (value: OnnxAttribute): value is Branch =>
  typeof value === 'object' && 'gives' in value;

function writeInitializer(writer: Writer, initializer: OnnxInitializer): void {
  writeTensor(writer, initializer);
  const { data } = initializer;
  writer.uint32(tag(9, BYTES)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Data "elsewhere", in a file whose name nobody reads. */
function writeConstant(writer: Writer, constant: OnnxConstant): void {
  writeTensor(writer, constant);
  message(writer, 13, (w) => {
    text(w, 1, 'location');
    text(w, 2, 'memory');
  });
  int(writer, 14, 1);
}

function writeTensor(writer: Writer, { name, dtype, shape }: OnnxConstant): void {
  for (const axis of shape) int(writer, 1, axis);
  int(writer, 2, ELEMENT_TYPE[dtype]);
  text(writer, 8, name);
}

function writePort(writer: Writer, { name, dtype, shape }: OnnxPort): void {
  text(writer, 1, name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      int(tensor, 1, ELEMENT_TYPE[dtype]);
      message(tensor, 2, (dimensions) => {
        for (const axis of shape) {
          message(dimensions, 1, (w) =>
            typeof axis === 'number' ? int(w, 1, axis) : text(w, 2, axis),
          );
        }
      });
    }),
  );
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
