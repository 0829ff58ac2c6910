// The fused kernels of @alectra/nn → TensorFlow: GELU, layer norm, soft-max and cross-entropy with their gradients.
//
// TensorFlow runs these operator by operator, so each formula is written with as few passes over the data as it
// has; subterms that forward and backward share are the same nodes.

import type { Value } from '../../graph.js';
import { sizeOf } from '../../host-tensor.js';
import type { Term, TfBuilder } from '../builder.js';
import { type LoweringTable, lower } from '../lowering.js';
import { reduce } from './reduce.js';

export const FUSED: LoweringTable = {
  Gelu: lower<{ approximate?: string }>((tf, { inputs: [x], attrs: { approximate } }) => {
    const term = tf.term(x);
    return mul(tf, term, approximate === 'tanh' ? tanhGate(tf, term) : erfGate(tf, term));
  }),
  GeluGrad: lower<{ approximate?: string }>((tf, { inputs, attrs: { approximate } }) => {
    const [x, dy] = inputs.map((value) => tf.term(value));
    return mul(tf, dy, approximate === 'tanh' ? tanhSlope(tf, x) : erfSlope(tf, x));
  }),
  LayerNorm: lower<{ epsilon: number }>(layerNorm),
  LayerNormGrad: layerNormGrad,
  SoftmaxGrad: (tf, { inputs }) => {
    // y·(dy - Σ dy·y) along the last axis
    const [y, dy] = inputs.map((value) => tf.term(value));
    const sum = reduce(tf, 'Sum', mul(tf, dy, y), [y.shape.length - 1]);
    return mul(tf, y, sub(tf, dy, sum));
  },
  SoftmaxCrossEntropy: softmaxCrossEntropy,
  SoftmaxCrossEntropyGrad: softmaxCrossEntropyGrad,
};

type Binary = (tf: TfBuilder, a: Term, b: Term) => Term;

const binary =
  (op: string): Binary =>
  (tf, a, b) =>
    tf.op(op, [a, b], a.shape.length < b.shape.length ? b : a);
const mul = binary('Mul');
const add = binary('AddV2');
const sub = binary('Sub');

const scaled = (tf: TfBuilder, x: Term, factor: number): Term => mul(tf, x, tf.scalar(factor));
const plus = (tf: TfBuilder, x: Term, term: number): Term => add(tf, x, tf.scalar(term));
const square = (tf: TfBuilder, x: Term): Term => tf.op('Square', [x], x);

const SLOPE = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** ½(1 + tanh(u)) = sigmoid(2u), with 2u = x·(SLOPE + SLOPE·CUBIC·x²). */
function tanhGate(tf: TfBuilder, x: Term): Term {
  const u = mul(tf, x, plus(tf, scaled(tf, square(tf, x), SLOPE * CUBIC), SLOPE));
  return tf.op('Sigmoid', [u], u);
}

/** g + x·g·(1 - g)·(2u)', where SigmoidGrad(g, z) = z·g·(1 - g). */
function tanhSlope(tf: TfBuilder, x: Term): Term {
  const gate = tanhGate(tf, x);
  const inner = mul(tf, x, plus(tf, scaled(tf, square(tf, x), 3 * SLOPE * CUBIC), SLOPE));
  return add(tf, gate, tf.op('SigmoidGrad', [gate, inner], gate));
}

/** Φ(x) = ½(1 + erf(x/√2)). */
function erfGate(tf: TfBuilder, x: Term): Term {
  const erf = tf.op('Erf', [scaled(tf, x, Math.SQRT1_2)], x);
  return scaled(tf, plus(tf, erf, 1), 0.5);
}

/** Φ(x) + x·φ(x). */
function erfSlope(tf: TfBuilder, x: Term): Term {
  const bell = tf.op('Exp', [scaled(tf, square(tf, x), -0.5)], x);
  return add(tf, erfGate(tf, x), mul(tf, x, scaled(tf, bell, 1 / Math.sqrt(2 * Math.PI))));
}

function layerNorm(
  tf: TfBuilder,
  { inputs, attrs: { epsilon } }: { inputs: readonly Value[]; attrs: { epsilon: number } },
): Term[] {
  const [x, gamma, beta] = inputs.map((value) => tf.term(value));
  const last = [x.shape.length - 1];
  const mean = reduce(tf, 'Mean', x, last);
  const variance = reduce(tf, 'Mean', tf.op('SquaredDifference', [x, mean], x), last);
  const invStd = tf.op('Rsqrt', [plus(tf, variance, epsilon)], variance);
  const normalised = mul(tf, sub(tf, x, mean), invStd);
  return [add(tf, mul(tf, normalised, gamma), beta), mean, invStd];
}

/**
 * With x̂ = (x - mean)·invStd and rows of length H: dgamma = Σ dy·x̂, dbeta = Σ dy,
 * dx = invStd·(dy·gamma - mean(dy·gamma) - x̂·mean(dy·x̂·gamma)). Both means are products with the vector gamma / H, so
 * that of all arrays only dy·x̂ is written out.
 */
function layerNormGrad(tf: TfBuilder, { inputs }: { inputs: readonly Value[] }): Term[] {
  const [x, gamma, means, invStd, dy] = inputs.map((value) => tf.term(value));
  const width = sizeOf(gamma.shape);
  const rows = x.shape.slice(0, -1).map((_, axis) => axis);
  const weights = tf.reshape(scaled(tf, gamma, 1 / width), [width, 1]);
  const mean = (term: Term): Term => {
    const matrix = tf.reshape(term, [sizeOf(invStd.shape), width]);
    const column = { dtype: term.dtype, shape: [matrix.shape[0], 1] };
    return tf.reshape(tf.op('MatMul', [matrix, weights], column, UNTURNED), invStd.shape);
  };
  const normalised = mul(tf, sub(tf, x, means), invStd);
  const along = mul(tf, dy, normalised);
  const centred = sub(tf, mul(tf, dy, gamma), mean(dy));
  const dx = mul(tf, sub(tf, centred, mul(tf, normalised, mean(along))), invStd);
  const sum = (term: Term): Term => tf.reshape(reduce(tf, 'Sum', term, rows), gamma.shape);
  return [dx, sum(along), sum(dy)];
}

const UNTURNED = { transpose_a: false, transpose_b: false };

/**
 * ln Σ exp by way of soft-max, which the gradient and samplers want anyway: the largest logit minus the logarithm of the
 * largest probability, which is at least 1/V and so never a rounded zero.
 */
function softmaxCrossEntropy(tf: TfBuilder, { inputs }: { inputs: readonly Value[] }): Term[] {
  const [logits, labels] = inputs.map((value) => tf.term(value));
  const [rows] = logits.shape;
  const largest = reduce(tf, 'Max', logits, [1]);
  const surest = reduce(tf, 'Max', softmax(tf, logits), [1]);
  const logSumExp = tf.reshape(sub(tf, largest, tf.op('Log', [surest], surest)), [rows]);
  const chosen = tf.op(
    'GatherV2',
    [logits, tf.reshape(labels, [rows, 1]), tf.scalar(1, 'int32')],
    { dtype: 'float32', shape: [rows, 1] },
    {
      Tparams: { type: 'float32' },
      Tindices: { type: 'int32' },
      Taxis: { type: 'int32' },
      batch_dims: { int: 1 },
    },
  );
  return [sub(tf, logSumExp, tf.reshape(chosen, [rows])), logSumExp];
}

/** (softmax - one-hot)·dy: of every row, one number is the label's. */
function softmaxCrossEntropyGrad(tf: TfBuilder, { inputs }: { inputs: readonly Value[] }): Term {
  const [logits, labels, , dy] = inputs.map((value) => tf.term(value));
  const [rows] = logits.shape;
  const weighted = mul(tf, softmax(tf, logits), tf.reshape(dy, [rows, 1]));
  const row = tf.constant(
    Array.from({ length: rows }, (_, at) => at),
    [rows, 1],
    'int32',
  );
  const places = tf.op(
    'ConcatV2',
    [row, tf.reshape(labels, [rows, 1]), tf.scalar(1, 'int32')],
    { dtype: 'int32', shape: [rows, 2] },
    { N: { int: 2 }, Tidx: { type: 'int32' } },
  );
  return tf.op('TensorScatterSub', [weighted, places, dy], weighted, {
    Tindices: { type: 'int32' },
  });
}

const softmax = (tf: TfBuilder, x: Term): Term => tf.op('Softmax', [x], x);
