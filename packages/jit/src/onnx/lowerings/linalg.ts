// Matrix products, layer norm, GELU and the loss kernels → ONNX.

import type { Value } from '../../graph.js';
import type { Name, OnnxBuilder } from '../builder.js';
import { type Lowering, type LoweringTable, lower } from '../lowering.js';
import { castTo } from './elementwise.js';
import { reduce } from './reduce.js';

export const LINALG: LoweringTable = {
  BatchMatMul: lower<{ transposeA: boolean; transposeB: boolean }>(batchMatMul),
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
  LayerNormGrad: layerNormGrad,
  Gelu: lower<{ approximate: string }>((onnx, { inputs: [x], attrs: { approximate } }) =>
    onnx.op('Gelu', [onnx.name(x)], { approximate: approximate ?? 'none' }),
  ),
  GeluGrad: lower<{ approximate: string }>(geluGrad),
  SoftmaxGrad: softmaxGrad,
  SoftmaxCrossEntropy: softmaxCrossEntropy,
  SoftmaxCrossEntropyGrad: softmaxCrossEntropyGrad,
};

function batchMatMul(
  onnx: OnnxBuilder,
  { inputs: [a, b], attrs }: Parameters<Lowering<{ transposeA: boolean; transposeB: boolean }>>[1],
): Name {
  const { transposeA, transposeB } = attrs;
  const names = [onnx.name(a), onnx.name(b)];
  if (!transposeA && !transposeB) return onnx.op('MatMul', names);
  return onnx.microsoft('FusedMatMul', names, {
    transA: { int: Number(transposeA) },
    transB: { int: Number(transposeB) },
  });
}

/**
 * With x̂ = (x - mean)·invStd and d = dy·gamma, rows of length H:
 * dx = invStd·(d - mean(d) - x̂·mean(d·x̂)), dgamma = Σ dy·x̂, dbeta = Σ dy.
 */
function layerNormGrad(onnx: OnnxBuilder, { inputs }: { inputs: readonly Value[] }): Name[] {
  const [x, gamma, mean, invStd, dy] = inputs.map((value) => onnx.name(value));
  const rank = inputs[0].shape.length;
  const rows = Array.from({ length: rank - 1 }, (_, axis) => axis);
  const normalised = onnx.op('Mul', [onnx.op('Sub', [x, mean]), invStd]);
  const scaled = onnx.op('Mul', [dy, gamma]);
  const along = reduce(onnx, 'ReduceMean', onnx.op('Mul', [scaled, normalised]), [rank - 1]);
  const centred = onnx.op('Sub', [scaled, reduce(onnx, 'ReduceMean', scaled, [rank - 1])]);
  const dx = onnx.op('Mul', [
    invStd,
    onnx.op('Sub', [centred, onnx.op('Mul', [normalised, along])]),
  ]);
  const shape = onnx.int64s(inputs[1].shape);
  const sum = (name: Name): Name =>
    onnx.op('Reshape', [reduce(onnx, 'ReduceSum', name, rows), shape]);
  return [dx, sum(onnx.op('Mul', [dy, normalised])), sum(dy)];
}

function geluGrad(
  onnx: OnnxBuilder,
  { inputs, attrs }: Parameters<Lowering<{ approximate: string }>>[1],
): Name {
  const [x, dy] = inputs.map((value) => onnx.name(value));
  const scaled = (name: Name, factor: number): Name => onnx.op('Mul', [name, onnx.scalar(factor)]);
  const plus = (name: Name, term: number): Name => onnx.op('Add', [name, onnx.scalar(term)]);
  const square = onnx.op('Mul', [x, x]);
  if (attrs.approximate !== 'tanh') {
    // Φ(x) + x·φ(x)
    const cdf = scaled(plus(onnx.op('Erf', [scaled(x, Math.SQRT1_2)]), 1), 0.5);
    const density = scaled(onnx.op('Exp', [scaled(square, -0.5)]), 1 / Math.sqrt(2 * Math.PI));
    return onnx.op('Mul', [dy, onnx.op('Add', [cdf, onnx.op('Mul', [x, density])])]);
  }
  // t = tanh(c·(x + 0.044715·x³)); slope = ½(1 + t) + ½·x·(1 - t²)·c·(1 + 3·0.044715·x²)
  const c = Math.sqrt(2 / Math.PI);
  const t = onnx.op('Tanh', [onnx.op('Mul', [x, plus(scaled(square, c * 0.044715), c)])]);
  const inner = onnx.op('Mul', [x, plus(scaled(square, 1.5 * c * 0.044715), 0.5 * c)]);
  const bend = onnx.op('Mul', [inner, onnx.op('Sub', [onnx.scalar(1), onnx.op('Mul', [t, t])])]);
  return onnx.op('Mul', [dy, onnx.op('Add', [plus(scaled(t, 0.5), 0.5), bend])]);
}

/** y·(dy - Σ dy·y) along the last axis. */
function softmaxGrad(onnx: OnnxBuilder, { inputs }: { inputs: readonly Value[] }): Name {
  const [y, dy] = inputs.map((value) => onnx.name(value));
  const sum = reduce(onnx, 'ReduceSum', onnx.op('Mul', [dy, y]), [inputs[0].shape.length - 1]);
  return onnx.op('Mul', [y, onnx.op('Sub', [dy, sum])]);
}

function softmaxCrossEntropy(
  onnx: OnnxBuilder,
  { inputs: [logits, labels] }: { inputs: readonly Value[] },
): Name[] {
  const x = onnx.name(logits);
  const rows = logits.shape[0];
  const logSumExp = onnx.op('Reshape', [
    reduce(onnx, 'ReduceLogSumExp', x, [1]),
    onnx.int64s([rows]),
  ]);
  const chosen = onnx.op('GatherElements', [x, column(onnx, labels)], { axis: { int: 1 } });
  const flat = onnx.op('Reshape', [chosen, onnx.int64s([rows])]);
  return [onnx.op('Sub', [logSumExp, flat]), logSumExp];
}

/** (softmax - one-hot)·dy; every row has one label, so the scattered indices never repeat. */
function softmaxCrossEntropyGrad(
  onnx: OnnxBuilder,
  { inputs }: { inputs: readonly Value[] },
): Name {
  const [logits, labels, logSumExp, dy] = inputs;
  const asColumn = (value: Value): Name =>
    onnx.op('Reshape', [onnx.name(value), onnx.int64s([value.shape[0], 1])]);
  const gradient = asColumn(dy);
  const probabilities = onnx.op('Exp', [onnx.op('Sub', [onnx.name(logits), asColumn(logSumExp)])]);
  return onnx.op(
    'ScatterElements',
    [onnx.op('Mul', [probabilities, gradient]), column(onnx, labels), onnx.op('Neg', [gradient])],
    { axis: { int: 1 }, reduction: 'add' },
  );
}

const column = (onnx: OnnxBuilder, ids: Value): Name =>
  onnx.op('Reshape', [castTo(onnx, onnx.name(ids), 'int64'), onnx.int64s([ids.shape[0], 1])]);
