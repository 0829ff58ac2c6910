// Element-wise kernels → ONNX.

import type { GraphNode, Value } from '../../graph.js';
import { sizeOf } from '../../host-tensor.js';
import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';

type Plain = LoweringTable[string];

/** Kernels that are one ONNX operator of the same meaning. */
const ONE_TO_ONE: Readonly<Record<string, string>> = {
  Abs: 'Abs', Acos: 'Acos', Acosh: 'Acosh', Asin: 'Asin', Asinh: 'Asinh', Atan: 'Atan', Atanh: 'Atanh',
  Cos: 'Cos', Cosh: 'Cosh', Elu: 'Elu', Erf: 'Erf', Exp: 'Exp', IsInf: 'IsInf', IsNan: 'IsNaN', Log: 'Log',
  LogicalNot: 'Not', Neg: 'Neg', Reciprocal: 'Reciprocal', Sigmoid: 'Sigmoid', Sin: 'Sin', Sinh: 'Sinh',
  Sqrt: 'Sqrt', Tan: 'Tan', Tanh: 'Tanh',
}; // biome-ignore format: a table

const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add', Sub: 'Sub', Multiply: 'Mul', RealDiv: 'Div', Pow: 'Pow', Maximum: 'Max', Minimum: 'Min',
  Greater: 'Greater', GreaterEqual: 'GreaterOrEqual', Less: 'Less', LessEqual: 'LessOrEqual', Equal: 'Equal',
  LogicalAnd: 'And', LogicalXor: 'Xor',
}; // biome-ignore format: a table

export const ELEMENTWISE: LoweringTable = {
  ...Object.fromEntries(
    Object.entries(ONE_TO_ONE).map(([kernel, type]) => [kernel, oneToOne(type)]),
  ),
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, type]) => [kernel, binary(type)])),
  Ceil: keepsIntegers('Ceil'),
  Floor: keepsIntegers('Floor'),
  Round: round,
  Sign: sign,
  Cast: lower<{ dtype: string }>(cast),
  Square: (onnx, { inputs: [x] }) => onnx.op('Mul', [onnx.name(x), onnx.name(x)]),
  Rsqrt: (onnx, { inputs: [x] }) => onnx.op('Reciprocal', [onnx.op('Sqrt', [onnx.name(x)])]),
  Expm1: expm1,
  Log1p: log1p,
  IsFinite: finite,
  Relu: (onnx, { inputs: [x] }) => onnx.op('Relu', [onnx.name(x)]),
  Relu6: (onnx, { inputs: [x] }) =>
    onnx.op('Clip', [onnx.name(x), onnx.scalar(0, x.dtype), onnx.scalar(6, x.dtype)]),
  LeakyRelu: lower<{ alpha: number }>((onnx, { inputs: [x], attrs }) =>
    onnx.op('LeakyRelu', [onnx.name(x)], { alpha: attrs.alpha }),
  ),
  Prelu: (onnx, { inputs: [x, alpha] }) => {
    const name = onnx.name(x);
    const negative = onnx.op('Mul', [name, onnx.name(alpha)]);
    return onnx.op('Where', [onnx.op('Less', [name, onnx.scalar(0)]), negative, name]);
  },
  Selu: (onnx, { inputs: [x] }) =>
    onnx.op('Selu', [onnx.name(x)], {
      alpha: 1.7580993408473768 / 1.0507009873554805,
      gamma: 1.0507009873554805,
    }),
  Softplus: softplus,
  Step: lower<{ alpha: number }>(step),
  ClipByValue: lower<{ clipValueMin: number; clipValueMax: number }>(
    (onnx, { inputs: [x], attrs }) =>
      onnx.op('Clip', [
        onnx.name(x),
        onnx.scalar(attrs.clipValueMin, x.dtype),
        onnx.scalar(attrs.clipValueMax, x.dtype),
      ]),
  ),
  LogicalOr: (onnx, node) => or(onnx, operands(onnx, node)),
  NotEqual: (onnx, node) => onnx.op('Not', [onnx.op('Equal', operands(onnx, node))]),
  SquaredDifference: (onnx, node) => {
    const difference = onnx.op('Sub', operands(onnx, node));
    return onnx.op('Mul', [difference, difference]);
  },
  FloorDiv: floorDiv,
  Mod: mod,
  Atan2: atan2,
  Select: (onnx, { inputs: [condition, t, e], outputs: [y] }) =>
    onnx.op('Where', [
      onnx.name(condition),
      onnx.operand(t, condition.shape, y.shape),
      onnx.operand(e, condition.shape, y.shape),
    ]),
  Choose: choose,
  EluGrad: (onnx, { inputs: [dy, y] }) => {
    const [gradient, output] = [onnx.name(dy), onnx.name(y)];
    const negative = onnx.op('Mul', [gradient, onnx.op('Add', [output, onnx.scalar(1)])]);
    return onnx.op('Where', [
      onnx.op('GreaterOrEqual', [output, onnx.scalar(0)]),
      gradient,
      negative,
    ]);
  },
};

/** ONNX Runtime's `Where` takes five times as long as the copy of one side, on one thread. */
function choose(onnx: OnnxBuilder, { inputs: [condition, t, e], outputs: [y] }: LoweredNode): Name {
  const [chosen, then, otherwise] = [condition, t, e].map((value) => onnx.name(value));
  const isSmall = sizeOf(y.shape) < LARGE && !onnx.openSizes;
  if (isSmall || onnx.dialect !== 'cpu') return onnx.op('Where', [chosen, then, otherwise]);
  return onnx.op('If', [chosen], {
    then_branch: { gives: then, dtype: y.dtype },
    else_branch: { gives: otherwise, dtype: y.dtype },
  });
}

/** Elements from which a copy takes longer than to enter a branch; of open sizes it is not known how many there are. */
const LARGE = 2 ** 14;

function oneToOne(type: string): Plain {
  return (onnx, { inputs: [x] }) => onnx.op(type, [onnx.name(x)]);
}

function keepsIntegers(type: string): Plain {
  return (onnx, { inputs: [x] }) =>
    x.dtype === 'int32' ? onnx.name(x) : onnx.op(type, [onnx.name(x)]);
}

/** Halves go to the even neighbour. WebGPU has no Round: adding and taking away 2^23 drops the fraction. */
function round(onnx: OnnxBuilder, node: LoweredNode): Name {
  const [x] = node.inputs;
  const name = onnx.name(x);
  if (x.dtype === 'int32') return name;
  if (onnx.dialect !== 'gpu') return onnx.op('Round', [name]);
  const negative = onnx.op('Less', [name, onnx.scalar(0)]);
  const big = onnx.op('Where', [negative, onnx.scalar(-(2 ** 23)), onnx.scalar(2 ** 23)]);
  const rounded = onnx.op('Sub', [onnx.op('Add', [name, big]), big]);
  const fits = onnx.op('Less', [onnx.op('Abs', [name]), onnx.scalar(2 ** 23)]);
  return onnx.op('Where', [fits, rounded, name]);
}

/** WebGPU has no Or. */
function or(onnx: OnnxBuilder, truths: readonly Name[]): Name {
  if (onnx.dialect !== 'gpu') return onnx.op('Or', truths);
  const none = onnx.op(
    'And',
    truths.map((name) => onnx.op('Not', [name])),
  );
  return onnx.op('Not', [none]);
}

/** Both operands of a broadcasting operator; a uniform constant becomes a scalar where that keeps the shape. */
function operands(
  onnx: OnnxBuilder,
  { inputs: [a, b], outputs: [y] }: Pick<GraphNode, 'inputs' | 'outputs'>,
): Name[] {
  // One of the two must keep the shape.
  const left = b.constant ? onnx.name(a) : onnx.operand(a, b.shape, y.shape);
  return [left, onnx.operand(b, a.shape, y.shape)];
}

function binary(type: string): Plain {
  return (onnx, node) => {
    const [a] = node.inputs;
    if (a.dtype !== 'bool' || ['And', 'Xor', 'Equal'].includes(type)) {
      return onnx.op(type, operands(onnx, node));
    }
    // Arithmetic on booleans counts in integers and comes back as a truth value.
    const counted = operands(onnx, node).map((name) => onnx.op('Cast', [name], { to: { int: 6 } }));
    const result = onnx.op(type, counted);
    return ['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].includes(type)
      ? result
      : onnx.op('Cast', [result], { to: { int: 9 } });
  };
}

const CODE: Readonly<Record<string, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
};

/** Casts an ONNX value. */
export function castTo(onnx: OnnxBuilder, name: Name, dtype: string): Name {
  return onnx.op('Cast', [name], { to: { int: CODE[dtype] } });
}

function cast(
  onnx: OnnxBuilder,
  { inputs: [x], attrs }: { inputs: readonly Value[]; attrs: { dtype: string } },
): Name {
  return castTo(onnx, onnx.name(x), attrs.dtype);
}

/** exp(x) - 1, by x·(1 + x/2) where cancellation would cost digits. */
function expm1(onnx: OnnxBuilder, { inputs: [x] }: LoweredNode): Name {
  const name = onnx.name(x);
  const direct = onnx.op('Sub', [onnx.op('Exp', [name]), onnx.scalar(1)]);
  const half = onnx.op('Mul', [name, onnx.scalar(0.5)]);
  const third = onnx.op('Mul', [onnx.op('Mul', [name, name]), onnx.scalar(1 / 6)]);
  const series = onnx.op('Mul', [
    name,
    onnx.op('Add', [onnx.op('Add', [half, third]), onnx.scalar(1)]),
  ]);
  return onnx.op('Where', [
    onnx.op('Less', [onnx.op('Abs', [name]), onnx.scalar(1e-2)]),
    series,
    direct,
  ]);
}

/** log(1 + x) after Kahan: u = 1 + x; log(u)·x/(u - 1), and x itself where u is 1. */
function log1p(onnx: OnnxBuilder, { inputs: [x] }: LoweredNode): Name {
  const name = onnx.name(x);
  const u = onnx.op('Add', [name, onnx.scalar(1)]);
  const one = onnx.op('Equal', [u, onnx.scalar(1)]);
  const rest = onnx.op('Where', [one, onnx.scalar(1), onnx.op('Sub', [u, onnx.scalar(1)])]);
  const corrected = onnx.op('Mul', [onnx.op('Log', [u]), onnx.op('Div', [name, rest])]);
  const infinite = onnx.op('Equal', [name, onnx.scalar(Number.POSITIVE_INFINITY)]);
  return onnx.op('Where', [or(onnx, [one, infinite]), name, corrected]);
}

function finite(onnx: OnnxBuilder, { inputs: [x] }: { inputs: readonly Value[] }): Name {
  const name = onnx.name(x);
  return onnx.op('Not', [or(onnx, [onnx.op('IsInf', [name]), onnx.op('IsNaN', [name])])]);
}

/** max(x, 0) + log(1 + exp(-|x|)): ONNX's own overflows for large x. */
function softplus(onnx: OnnxBuilder, { inputs: [x] }: LoweredNode): Name {
  const name = onnx.name(x);
  const tail = onnx.op('Exp', [onnx.op('Neg', [onnx.op('Abs', [name])])]);
  return onnx.op('Add', [
    onnx.op('Relu', [name]),
    onnx.op('Log', [onnx.op('Add', [tail, onnx.scalar(1)])]),
  ]);
}

/** 1, 0 or -1; 0 for NaN, of which ONNX makes NaN. */
function sign(onnx: OnnxBuilder, { inputs: [x] }: LoweredNode): Name {
  const name = onnx.name(x);
  const zero = onnx.scalar(0, x.dtype);
  const positive = castTo(onnx, onnx.op('Greater', [name, zero]), x.dtype);
  return onnx.op('Sub', [positive, castTo(onnx, onnx.op('Less', [name, zero]), x.dtype)]);
}

/** 1 above zero, alpha elsewhere; NaN stays. */
function step(
  onnx: OnnxBuilder,
  { inputs: [x], attrs: { alpha } }: LoweredNode<{ alpha: number }>,
): Name {
  const name = onnx.name(x);
  // ONNX's Relu and Sign both keep NaN.
  if (!alpha && x.dtype === 'float32') return onnx.op('Sign', [onnx.op('Relu', [name])]);
  const positive = onnx.op('Greater', [name, onnx.scalar(0, x.dtype)]);
  const steps = onnx.op('Where', [positive, onnx.scalar(1, x.dtype), onnx.scalar(alpha, x.dtype)]);
  return x.dtype === 'int32' ? steps : onnx.op('Where', [onnx.op('IsNaN', [name]), name, steps]);
}

function floorDiv(onnx: OnnxBuilder, node: LoweredNode): Name {
  const [a, b] = operands(onnx, node);
  if (node.inputs[0].dtype === 'float32')
    return castTo(onnx, onnx.op('Floor', [onnx.op('Div', [a, b])]), 'int32');
  // ONNX truncates integers towards zero: one less where signs differ and a rest remains.
  const quotient = onnx.op('Div', [a, b]);
  const rest = onnx.op('Sub', [a, onnx.op('Mul', [quotient, b])]);
  const zero = onnx.scalar(0, 'int32');
  const uneven = onnx.op('Not', [onnx.op('Equal', [rest, zero])]);
  const apart = onnx.op('Xor', [onnx.op('Less', [rest, zero]), onnx.op('Less', [b, zero])]);
  return onnx.op('Sub', [quotient, castTo(onnx, onnx.op('And', [uneven, apart]), 'int32')]);
}

/** The rest with the sign of the divisor. */
function mod(onnx: OnnxBuilder, node: LoweredNode): Name {
  const [a, b] = operands(onnx, node);
  if (node.inputs[0].dtype === 'int32') return onnx.op('Mod', [a, b]);
  const rest = onnx.op('Mod', [a, b], { fmod: { int: 1 } });
  const apart = onnx.op('Less', [onnx.op('Mul', [rest, b]), onnx.scalar(0)]);
  return onnx.op('Where', [apart, onnx.op('Add', [rest, b]), rest]);
}

/** The angle of (x, y): ONNX has only the arc tangent of a quotient. */
function atan2(onnx: OnnxBuilder, node: LoweredNode): Name {
  const [y, x] = operands(onnx, node);
  const zero = onnx.scalar(0);
  const angle = onnx.op('Atan', [onnx.op('Div', [y, x])]);
  const sign = onnx.op('Where', [
    onnx.op('Less', [y, zero]),
    onnx.scalar(-Math.PI),
    onnx.scalar(Math.PI),
  ]);
  const left = onnx.op('Where', [onnx.op('Less', [x, zero]), onnx.op('Add', [angle, sign]), angle]);
  const both = onnx.op('And', [onnx.op('Equal', [x, zero]), onnx.op('Equal', [y, zero])]);
  return onnx.op('Where', [both, zero, left]);
}
