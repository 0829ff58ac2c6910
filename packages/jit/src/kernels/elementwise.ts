// Recording rules of element-wise kernels: types, broadcasting, and what needs no node at all.

import * as tf from '@tensorflow/tfjs-core';
import { type GraphBuilder, type KernelRule, rule, uniformOf, type Value } from '../graph.js';
import { type DType, isDType, sameShape } from '../host-tensor.js';

type Rules = Record<string, KernelRule>;

/** Float functions; other types are converted first, as TensorFlow.js's kernels do. */
const FLOAT = [
  'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Erf', 'Exp', 'Expm1', 'Log',
  'LeakyRelu',
  'Log1p', 'Reciprocal', 'Rsqrt', 'Sigmoid', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Tan', 'Tanh',
]; // biome-ignore format: a table
/** Functions that keep their type. */
const SAME = [
  'Abs', 'Ceil', 'Elu', 'Floor', 'Neg', 'Relu', 'Relu6', 'Round', 'Selu', 'Sign',
  'Square', 'Step',
]; // biome-ignore format: a table
const TO_BOOL = ['IsFinite', 'IsInf', 'IsNan', 'LogicalNot'];
const BINARY = [
  'Atan2', 'Maximum', 'Minimum', 'Mod', 'Pow', 'SquaredDifference',
]; // biome-ignore format: a table
const COMPARE = [
  'Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'LogicalXor',
  'NotEqual',
]; // biome-ignore format: a table

export const ELEMENTWISE: Rules = {
  ...table(FLOAT, (op) => unary(op, () => 'float32')),
  ...table(SAME, (op) => unary(op, (x) => x.dtype)),
  ...table(TO_BOOL, (op) => unary(op, () => 'bool')),
  ...table(BINARY, (op) => binary(op, (a) => a.dtype)),
  ...table(COMPARE, (op) => binary(op, () => 'bool')),
  Add: binary('Add', (a) => a.dtype, add),
  Sub: binary('Sub', (a) => a.dtype, subtract),
  Multiply: binary('Multiply', (a) => a.dtype, multiply),
  RealDiv: binary('RealDiv', (a) => a.dtype, divide),
  EluGrad: rule(['dy', 'y'], (graph, [dy, y]) => graph.node('EluGrad', [dy, y], {}, [dy])),
  Prelu: binary('Prelu', (x) => x.dtype, undefined, ['x', 'alpha']),
  // Integers even of floats, as TensorFlow.js has it.
  FloorDiv: binary('FloorDiv', () => 'int32'),
  AddN: rule('list', (graph, inputs) =>
    inputs.reduce((total, next) => graph.call('Add', [total, next])),
  ),
  ClipByValue: rule(['x'], (graph, [x], attrs) => graph.node('ClipByValue', [x], attrs, [x])),
  Cast: rule<{ dtype: string }>(['x'], cast),
  Identity: rule(['x'], (_graph, [x]) => x),
  StopGradient: rule(['x'], (_graph, [x]) => x),
  ZerosLike: rule(['x'], (graph, [x]) => graph.splat(0, x.shape, x.dtype)),
  OnesLike: rule(['x'], (graph, [x]) => graph.splat(1, x.shape, x.dtype)),
  Fill: rule<{ shape: number[]; value: number; dtype?: DType }>([], (graph, _, attrs) =>
    graph.splat(attrs.value, attrs.shape, attrs.dtype ?? 'float32'),
  ),
  Select: rule(['condition', 't', 'e'], select),
  Gelu: rule(['x'], (graph, [x], attrs) => graph.node('Gelu', [x], attrs, [x])),
  GeluGrad: rule(['x', 'dy'], (graph, [x, dy], attrs) =>
    graph.node('GeluGrad', [x, dy], attrs, [x]),
  ),
};

function table(names: readonly string[], make: (op: string) => KernelRule): Rules {
  return Object.fromEntries(names.map((op) => [op, make(op)]));
}

function unary(op: string, dtypeOf: (x: Value) => DType): KernelRule {
  return rule(['x'], (graph, [x], attrs) => {
    const dtype = dtypeOf(x);
    const given = dtype === 'float32' ? graph.call('Cast', [x], { dtype }) : x;
    const known = uniformOf(given);
    const exact = EXACT[op];
    if (known !== undefined && exact) return graph.splat(exact(known), x.shape, dtype);
    return graph.node(op, [given], attrs, [{ shape: x.shape, dtype }]);
  });
}

type Shortcut = (
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
) => Value | undefined;

function binary(
  op: string,
  dtypeOf: (a: Value) => DType,
  shortcut: Shortcut = () => undefined,
  inputs: readonly string[] = ['a', 'b'],
): KernelRule {
  return rule(inputs, (graph, [left, right]) => {
    const [a, b] = alike(graph, left, right);
    const shape = broadcast(a.shape, b.shape);
    const dtype = dtypeOf(a);
    const [x, y] = [uniformOf(a), uniformOf(b)];
    const exact = EXACT_BINARY[op];
    if (x !== undefined && y !== undefined && exact && dtype === 'float32') {
      return graph.splat(exact(x, y), shape, dtype);
    }
    return shortcut(graph, a, b, shape) ?? graph.node(op, [a, b], {}, [{ shape, dtype }]);
  });
}

// IEEE operations that every engine rounds alike, so folding them changes no bit.
const EXACT: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Square: (x) => x * x,
  Sqrt: Math.sqrt,
  Abs: Math.abs,
};
const EXACT_BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Multiply: (x, y) => x * y,
  RealDiv: (x, y) => x / y,
};

/** Gradients sometimes mix types; the wider one wins, as in TensorFlow.js. */
function alike(graph: GraphBuilder, a: Value, b: Value): [Value, Value] {
  if (a.dtype === b.dtype) return [a, b];
  const dtype = tf.upcastType(a.dtype, b.dtype);
  return [graph.call('Cast', [a], { dtype }), graph.call('Cast', [b], { dtype })];
}

export function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  return sameShape(a, b) ? a : tf.broadcast_util.assertAndGetBroadcastShape([...a], [...b]);
}

export function broadcastTo(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : graph.call('BroadcastTo', [x], { shape });
}

function add(graph: GraphBuilder, a: Value, b: Value, shape: readonly number[]): Value | undefined {
  if (a.dtype === 'bool') return undefined;
  if (uniformOf(b) === 0) return broadcastTo(graph, a, shape);
  if (uniformOf(a) === 0) return broadcastTo(graph, b, shape);
  return undefined;
}

function subtract(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
): Value | undefined {
  return uniformOf(b) === 0 ? broadcastTo(graph, a, shape) : undefined;
}

function multiply(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
): Value | undefined {
  if (uniformOf(b) === 1) return broadcastTo(graph, a, shape);
  if (uniformOf(a) === 1) return broadcastTo(graph, b, shape);
  return undefined;
}

function divide(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
): Value | undefined {
  return uniformOf(b) === 1 ? broadcastTo(graph, a, shape) : undefined;
}

function cast(graph: GraphBuilder, [x]: readonly Value[], { dtype }: { dtype: string }): Value {
  if (!isDType(dtype)) {
    throw new TypeError(
      `jit: cannot cast to ${dtype}: expected float32, int32 or bool.\nKeep such values outside the traced function.`,
    );
  }
  if (x.dtype === dtype) return x;
  const known = uniformOf(x);
  if (known !== undefined && Number.isFinite(known)) {
    return graph.splat(dtype === 'bool' ? Number(known !== 0) : known, x.shape, dtype);
  }
  return graph.node('Cast', [x], { dtype }, [{ shape: x.shape, dtype }])[0];
}

function select(graph: GraphBuilder, [condition, t, e]: readonly Value[]): Value {
  // A vector condition chooses whole rows.
  const rows =
    condition.shape.length === 1 && t.shape.length > 1
      ? graph.call('Reshape', [condition], {
          shape: [condition.shape[0], ...t.shape.slice(1).map(() => 1)],
        })
      : condition;
  const [a, b] = alike(graph, t, e);
  const known = uniformOf(rows);
  if (known !== undefined) return known ? a : b;
  return graph.node('Select', [rows, a, b], {}, [a])[0];
}
