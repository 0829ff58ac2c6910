// Matrix products, layer norm, GELU and the loss kernels → ONNX.

import type { Value } from '../../graph.js';
import type { Name, OnnxBuilder } from '../builder.js';
import type { ProductAttrs } from '../fuse.js';
import type { AttentionAttrs } from '../fuse-attention.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';
import { castTo } from './elementwise.js';
import { refuseNegative } from './indexing.js';
import { reduce } from './reduce.js';

export const LINALG: LoweringTable = {
  BatchMatMul: lower<ProductAttrs>(batchMatMul),
  Gemm: lower<ProductAttrs>(gemm),
  Einsum: lower<{ equation: string }>((onnx, { inputs, attrs: { equation } }) =>
    onnx.op(
      'Einsum',
      inputs.map((x) => onnx.name(x)),
      { equation },
    ),
  ),
  LayerNorm: lower<{ epsilon: number }>((onnx, { inputs, attrs: { epsilon } }) =>
    onnx.ops(
      'LayerNormalization',
      inputs.map((x) => onnx.name(x)),
      3,
      { axis: { int: -1 }, epsilon },
    ),
  ),
  Attention: lower<AttentionAttrs>(attention),
  LayerNormGrad: layerNormGrad,
  Gelu: lower<{ approximate: string }>((onnx, { inputs: [x], attrs: { approximate } }) =>
    onnx.op('Gelu', [onnx.name(x)], { approximate: approximate ?? 'none' }),
  ),
  GeluGrad: lower<{ approximate: string; halved?: boolean }>(geluGrad),
  SoftmaxGrad: softmaxGrad,
  SoftmaxCrossEntropy: softmaxCrossEntropy,
  SoftmaxCrossEntropyGrad: softmaxCrossEntropyGrad,
};

function batchMatMul(
  onnx: OnnxBuilder,
  { inputs: [a, b], attrs }: LoweredNode<ProductAttrs>,
): Name {
  const { transposeA, transposeB, alpha = 1 } = attrs;
  const names = [onnx.name(a), onnx.name(b)];
  if (!transposeA && !transposeB && alpha === 1) return onnx.op('MatMul', names);
  if (a.dtype !== 'float32' || onnx.dialect !== 'cpu') {
    // FusedMatMul knows floats only.
    const product = onnx.op('MatMul', [
      transposeA ? swapLastTwo(onnx, a) : names[0],
      transposeB ? swapLastTwo(onnx, b) : names[1],
    ]);
    return alpha === 1 ? product : onnx.op('Mul', [product, onnx.scalar(alpha)]);
  }
  return onnx.microsoft('FusedMatMul', names, {
    transA: { int: Number(transposeA) },
    transB: { int: Number(transposeB) },
    alpha,
  });
}

function swapLastTwo(onnx: OnnxBuilder, { id, shape, dtype }: Value): Name {
  const perm = shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return onnx.op('Transpose', [onnx.name({ id, shape, dtype })], { perm });
}

/**
 * The first operand of a product of matrices, and whether the product still has to transpose it.
 *
 * The runtime's product reads a transposed first operand about 20 % slower; a narrow one is cheaper to transpose before.
 * The reshape in between keeps the runtime from undoing this (it folds a transpose into the product that follows).
 */
function firstOperand(onnx: OnnxBuilder, a: Value, transposed: boolean): readonly [Name, boolean] {
  const [rows, columns] = a.shape;
  if (
    !transposed ||
    onnx.dialect !== 'cpu' ||
    a.shape.length !== 2 ||
    columns > NARROW ||
    (rows < columns && !onnx.openSizes)
  ) {
    return [onnx.name(a), transposed];
  }
  const thick = onnx.op('Reshape', [onnx.name(a), onnx.int64s([rows, columns, 1])]);
  const turned = onnx.op('Transpose', [thick], { perm: [1, 0, 2] });
  return [onnx.op('Reshape', [turned, onnx.int64s([columns, rows])]), false];
}

const NARROW = 768;

/** alpha·A B + C of matrices. */
function gemm(onnx: OnnxBuilder, { inputs: [a, b, c], attrs }: LoweredNode<ProductAttrs>): Name {
  const { transposeA, transposeB, alpha = 1 } = attrs;
  const [first, transA] = firstOperand(onnx, a, transposeA);
  return onnx.op('Gemm', [first, onnx.name(b), onnx.name(c)], {
    transA: { int: Number(transA) },
    transB: { int: Number(transposeB) },
    alpha,
  });
}

/**
 * With x̂ = (x - mean)·invStd, p = dy·x̂ and rows of length H:
 * dx = invStd·(dy·gamma - dy gamma/H - x̂·(p gamma/H)), dgamma = Σ p, dbeta = Σ dy.
 *
 * The means over a row are products with the vector gamma/H.
 */
function layerNormGrad(onnx: OnnxBuilder, { inputs }: { inputs: readonly Value[] }): Name[] {
  const [x, gamma, mean, invStd, dy] = inputs.map((value) => onnx.name(value));
  const [H] = inputs[1].shape;
  const rows = inputs[0].shape.slice(0, -1).map((_, axis) => axis);
  const column = onnx.op('Reshape', [
    onnx.op('Mul', [gamma, onnx.scalar(1 / H)]),
    onnx.int64s([H, 1]),
  ]);
  const normalised = onnx.op('Mul', [onnx.op('Sub', [x, mean]), invStd]);
  const product = onnx.op('Mul', [dy, normalised]);
  const along = onnx.op('Mul', [onnx.op('MatMul', [product, column]), invStd]);
  const shift = onnx.op('Mul', [onnx.op('MatMul', [dy, column]), invStd]);
  const scaled = onnx.op('Mul', [onnx.op('Mul', [dy, gamma]), invStd]);
  const dx = onnx.op('Sub', [onnx.op('Sub', [scaled, shift]), onnx.op('Mul', [normalised, along])]);
  const shape = onnx.int64s([H]);
  const sum = (name: Name): Name =>
    onnx.op('Reshape', [reduce(onnx, 'ReduceSum', name, rows), shape]);
  return [dx, sum(product), sum(dy)];
}

/** Slope of GELU times dy; with `halved`, dy comes in already halved. */
function geluGrad(
  onnx: OnnxBuilder,
  { inputs, attrs }: LoweredNode<{ approximate: string; halved?: boolean }>,
): Name {
  const [x, given] = inputs.map((value) => onnx.name(value));
  const scaled = (name: Name, factor: number): Name => onnx.op('Mul', [name, onnx.scalar(factor)]);
  const plus = (name: Name, term: number): Name => onnx.op('Add', [name, onnx.scalar(term)]);
  const dy = attrs.halved ? given : scaled(given, 0.5);
  if (attrs.approximate !== 'tanh') {
    // With t = x/√2: 2·slope = 1 + erf t + 2t·exp(-t²)/√π, the constant inside the exponential.
    const t = scaled(x, Math.SQRT1_2);
    const exponent = onnx.op('Sub', [
      onnx.scalar(Math.log(2 / Math.sqrt(Math.PI))),
      onnx.op('Mul', [t, t]),
    ]);
    const bend = onnx.op('Mul', [t, onnx.op('Exp', [exponent])]);
    return onnx.op('Mul', [dy, plus(onnx.op('Add', [bend, onnx.op('Erf', [t])]), 1)]);
  }
  // t = tanh(c·(x + 0.044715·x³)); 2·slope = 1 + t + x·(1 - t²)·c·(1 + 3·0.044715·x²)
  const c = Math.sqrt(2 / Math.PI);
  const square = onnx.op('Mul', [x, x]);
  const t = onnx.op('Tanh', [onnx.op('Mul', [x, plus(scaled(square, c * 0.044715), c)])]);
  const inner = onnx.op('Mul', [x, plus(scaled(square, 3 * c * 0.044715), c)]);
  const bend = onnx.op('Mul', [inner, onnx.op('Sub', [onnx.scalar(1), onnx.op('Mul', [t, t])])]);
  return onnx.op('Mul', [dy, plus(onnx.op('Add', [t, bend]), 1)]);
}

/** y·(dy - Σ dy·y) along the last axis. */
function softmaxGrad(onnx: OnnxBuilder, { inputs }: { inputs: readonly Value[] }): Name {
  const [y, dy] = inputs.map((value) => onnx.name(value));
  const sum = reduce(onnx, 'ReduceSum', onnx.op('Mul', [dy, y]), [inputs[0].shape.length - 1]);
  return onnx.op('Mul', [y, onnx.op('Sub', [dy, sum])]);
}

/**
 * ln Σ exp by way of soft-max, which is fused and often wanted anyway: the largest logit minus the logarithm of the
 * largest probability, which is at least 1/V and so never a rounded zero.
 */
function softmaxCrossEntropy(
  onnx: OnnxBuilder,
  { inputs: [logits, labels] }: { inputs: readonly Value[] },
): Name[] {
  const x = onnx.name(logits);
  const probabilities = onnx.op('Softmax', [x], { axis: { int: 1 } });
  const logSumExp = onnx.op('Sub', [
    reduce(onnx, 'ReduceMax', x, [1]),
    onnx.op('Log', [reduce(onnx, 'ReduceMax', probabilities, [1])]),
  ]);
  const chosen = onnx.op('GatherElements', [x, column(onnx, labels)], { axis: { int: 1 } });
  const rows = onnx.int64s([logits.shape[0]]);
  return [
    onnx.op('Reshape', [onnx.op('Sub', [logSumExp, chosen]), rows]),
    onnx.op('Reshape', [logSumExp, rows]),
  ];
}

/** (softmax - one-hot)·dy; every row has one label, so the scattered indices never repeat. */
function softmaxCrossEntropyGrad(
  onnx: OnnxBuilder,
  { inputs }: { inputs: readonly Value[] },
): Name {
  const [logits, labels, , dy] = inputs;
  const gradient = onnx.op('Reshape', [onnx.name(dy), onnx.int64s([dy.shape[0], 1])]);
  const probabilities = onnx.op('Softmax', [onnx.name(logits)], { axis: { int: 1 } });
  return onnx.op(
    'ScatterElements',
    [onnx.op('Mul', [probabilities, gradient]), column(onnx, labels), onnx.op('Neg', [gradient])],
    { axis: { int: 1 }, reduction: 'add' },
  );
}

function column(onnx: OnnxBuilder, ids: Value): Name {
  const places = castTo(onnx, refuseNegative(onnx, onnx.name(ids)), 'int64');
  return onnx.op('Reshape', [places, onnx.int64s([ids.shape[0], 1])]);
}

/** ONNX Runtime's fused attention; the scale is in the query's weights already. */
function attention(
  onnx: OnnxBuilder,
  { inputs, attrs: { batch, heads } }: LoweredNode<AttentionAttrs>,
): Name {
  const [x, weight, bias, scoreBias] = inputs;
  const [rows, width] = x.shape;
  const S = rows / batch;
  const sequences = onnx.op('Reshape', [onnx.name(x), onnx.int64s([batch, S, width])]);
  const turned = onnx.op('Transpose', [onnx.name(weight)], { perm: [1, 0] });
  const given = [sequences, turned, onnx.name(bias)];
  if (scoreBias) {
    const [b, a] = scoreBias.shape;
    const none = ['', '']; // mask and past
    given.push(...none, onnx.op('Expand', [onnx.name(scoreBias), onnx.int64s([b, a, S, S])]));
  }
  const context = onnx.microsoft('Attention', given, { num_heads: { int: heads }, scale: 1 });
  return onnx.op('Reshape', [context, onnx.int64s([rows, weight.shape[0] / 3])]);
}
