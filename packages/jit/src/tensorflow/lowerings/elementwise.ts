// Element-wise kernels → TensorFlow. Most TensorFlow.js kernels carry TensorFlow's names and meaning.

import { type GraphNode, uniformOf } from '../../graph.js';
import type { DType } from '../../host-tensor.js';
import type { Term, TermSpec, TfBuilder } from '../builder.js';
import { type LoweringTable, lower } from '../lowering.js';

type Plain = LoweringTable[string];

const SAME_NAME = [
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cos', 'Cosh', 'Elu', 'Erf', 'Exp',
  'Expm1', 'Floor', 'Log', 'Log1p', 'Neg', 'Reciprocal', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu',
  'Sigmoid', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Square', 'Tan', 'Tanh', 'LogicalNot',
]; // biome-ignore format: a table

const INTEGERS_STAY = ['Ceil', 'Floor', 'Round'];

const ARITHMETIC: Readonly<Record<string, string>> = {
  Add: 'AddV2', Sub: 'Sub', Multiply: 'Mul', RealDiv: 'RealDiv', Pow: 'Pow', Maximum: 'Maximum',
  Minimum: 'Minimum', FloorDiv: 'FloorDiv', Mod: 'FloorMod', Atan2: 'Atan2',
  SquaredDifference: 'SquaredDifference',
}; // biome-ignore format: a table

const COMPARE = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];

export const ELEMENTWISE: LoweringTable = {
  ...Object.fromEntries(SAME_NAME.map((op) => [op, unary(op)])),
  ...Object.fromEntries(Object.entries(ARITHMETIC).map(([kernel, op]) => [kernel, arithmetic(op)])),
  ...Object.fromEntries(COMPARE.map((op) => [op, compare(op)])),
  IsNan: floatTest('IsNan'),
  IsInf: floatTest('IsInf'),
  IsFinite: floatTest('IsFinite'),
  LogicalAnd: logical('LogicalAnd'),
  LogicalOr: logical('LogicalOr'),
  LogicalXor: logical('NotEqual'),
  Cast: lower<{ dtype: DType }>((tf, { inputs: [x], attrs: { dtype } }) =>
    tf.cast(tf.term(x), dtype),
  ),
  LeakyRelu: lower<{ alpha: number }>((tf, { inputs: [x], attrs: { alpha } }) =>
    tf.op(
      'LeakyRelu',
      [tf.cast(tf.term(x), 'float32')],
      { dtype: 'float32', shape: x.shape },
      { alpha: { float: alpha } },
    ),
  ),
  Prelu: (tf, { inputs: [x, alpha], outputs: [y] }) => {
    const negative = tf.op('Mul', [tf.term(x), tf.term(alpha)], y);
    const below = tf.op('Less', [tf.term(x), tf.scalar(0, x.dtype)], {
      dtype: 'bool',
      shape: x.shape,
    });
    return select(tf, below, negative, tf.term(x), y);
  },
  Sign: (tf, { inputs: [x] }) => {
    const sign = tf.op('Sign', [tf.term(x)], x);
    return x.dtype !== 'float32' ? sign : select(tf, isNan(tf, tf.term(x)), tf.scalar(0), sign, x);
  },
  Step: lower<{ alpha: number }>((tf, { inputs: [x], attrs: { alpha } }) => {
    const above = tf.op('Greater', [tf.term(x), tf.scalar(0, x.dtype)], {
      dtype: 'bool',
      shape: x.shape,
    });
    const step = alpha
      ? select(tf, above, tf.scalar(1, x.dtype), tf.scalar(alpha, x.dtype), x)
      : tf.cast(above, x.dtype);
    return x.dtype !== 'float32' ? step : select(tf, isNan(tf, tf.term(x)), tf.term(x), step, x);
  }),
  ClipByValue: lower<{ clipValueMin: number; clipValueMax: number }>(
    (tf, { inputs: [x], attrs }) => {
      const below = tf.op('Minimum', [tf.term(x), tf.scalar(attrs.clipValueMax, x.dtype)], x);
      return tf.op('Maximum', [below, tf.scalar(attrs.clipValueMin, x.dtype)], x);
    },
  ),
  EluGrad: (tf, { inputs: [dy, y] }) => tf.op('EluGrad', [tf.term(dy), tf.term(y)], y),
  Select: (tf, { inputs: [condition, t, e], outputs: [y] }) =>
    select(
      tf,
      tf.term(condition),
      tf.operand(t, condition.shape, y.shape),
      tf.operand(e, condition.shape, y.shape),
      y,
    ),
};

function isNan(tf: TfBuilder, x: Term): Term {
  return tf.op('IsNan', [x], { dtype: 'bool', shape: x.shape });
}

function unary(op: string): Plain {
  return (tf, { inputs: [x] }) =>
    x.dtype === 'int32' && INTEGERS_STAY.includes(op) ? tf.term(x) : tf.op(op, [tf.term(x)], x);
}

function select(
  tf: TfBuilder,
  condition: Term,
  t: Term,
  e: Term,
  { dtype, shape }: Omit<Term, 'ref'>,
): Term {
  return tf.op('SelectV2', [condition, t, e], { dtype, shape }, { T: { type: t.dtype } });
}

/** Both operands of a broadcasting operator; a uniform constant becomes a scalar where that keeps the shape. */
function operands(tf: TfBuilder, { inputs: [a, b], outputs: [y] }: GraphNode): [Term, Term] {
  const left = tf.operand(a, b.shape, y.shape);
  const shrunk = left.shape.length < a.shape.length;
  return [left, shrunk ? tf.term(b) : tf.operand(b, a.shape, y.shape)];
}

function arithmetic(op: string): Plain {
  return (tf, node) => {
    const [y] = node.outputs;
    const low = op === 'AddV2' ? biasedProduct(tf, node) : undefined;
    if (low) return low;
    const [a, b] = operands(tf, node);
    // Truth values count as integers; integers have no true quotient.
    const given = a.dtype === 'bool' ? 'int32' : a.dtype;
    const inner = op === 'RealDiv' || op === 'Atan2' ? 'float32' : given;
    const whole = { dtype: inner, shape: y.shape } as const;
    const left = tf.cast(a, inner);
    const right = tf.cast(b, inner);
    if (
      inner === 'int32' &&
      (op === 'FloorDiv' || op === 'FloorMod') &&
      !uniformOf(node.inputs[1])
    ) {
      return tf.cast(wholeDivision(tf, op, left, right, whole), y.dtype);
    }
    const result = tf.op(op, [left, right], whole);
    return tf.cast(result, y.dtype);
  };
}

/** Division of integers by zero stops a TensorFlow graph; in TensorFlow.js it gives zero. */
function wholeDivision(tf: TfBuilder, op: string, a: Term, b: Term, y: TermSpec): Term {
  const zero = tf.scalar(0, 'int32');
  const never = tf.op('Equal', [b, zero], { dtype: 'bool', shape: b.shape });
  const divisor = select(tf, never, tf.scalar(1, 'int32'), b, b);
  return select(tf, never, zero, tf.op(op, [a, divisor], y), y);
}

/** A bias is added to a bfloat16 product before it is widened, as in PyTorch's autocast. */
function biasedProduct(tf: TfBuilder, { inputs: [x, bias] }: GraphNode): Term | undefined {
  const product = tf.lowOnly(x);
  if (!product || bias.shape.length !== 1 || bias.shape[0] !== x.shape.at(-1)) return undefined;
  return tf.op('AddV2', [product, tf.low(bias)], product);
}

function compare(op: string): Plain {
  return (tf, node) => {
    const [a, b] = operands(tf, node);
    const { shape } = node.outputs[0];
    const equality = op === 'Equal' || op === 'NotEqual';
    // Order is not defined for truth values in TensorFlow.
    const given =
      a.dtype === 'bool' && !equality ? [tf.cast(a, 'int32'), tf.cast(b, 'int32')] : [a, b];
    return tf.op(op, given, { dtype: 'bool', shape });
  };
}

/** Both operands as truth values. */
function logical(op: string): Plain {
  return (tf, node) => {
    const given = operands(tf, node).map((term) => tf.cast(term, 'bool'));
    return tf.op(op, given, { dtype: 'bool', shape: node.outputs[0].shape });
  };
}

function floatTest(op: string): Plain {
  return (tf, { inputs: [x] }) =>
    tf.op(op, [tf.cast(tf.term(x), 'float32')], { dtype: 'bool', shape: x.shape });
}
