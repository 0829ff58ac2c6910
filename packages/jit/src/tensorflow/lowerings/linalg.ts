// Matrix products → TensorFlow, in float32 or with bfloat16 operands.

import type { Value } from '../../graph.js';
import type { Term, TfBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';

export const LINALG: LoweringTable = {
  BatchMatMul: lower<MatMulAttrs>(batchMatMul),
  Einsum: lower<{ equation: string }>((tf, { inputs, outputs: [y], attrs: { equation } }) =>
    tf.op(
      'Einsum',
      inputs.map((x) => tf.cast(tf.term(x), 'float32')),
      y,
      { equation, N: { int: inputs.length } },
    ),
  ),
};

interface MatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function batchMatMul(tf: TfBuilder, { inputs, outputs, attrs }: LoweredNode<MatMulAttrs>): Term {
  const operand = (x: Value): Term =>
    tf.precision === 'bf16' ? tf.low(x) : tf.cast(tf.term(x), 'float32');
  const [a, b] = inputs.map(operand);
  const [y] = outputs;
  return product(tf, a, b, y.shape, attrs);
}

/**
 * Floats of zero appended to the rows of a matrix that is read by columns and whose rows lie a multiple of 4 KiB
 * apart: its columns would fall into one set of the first-level cache. Halves the time of weight gradients of
 * 1024 wide layers on processors with AVX2; with AVX-512 the copy costs as much as it saves.
 */
const GAP = 16;

function product(
  tf: TfBuilder,
  a: Term,
  b: Term,
  shape: readonly number[],
  { transposeA, transposeB }: MatMulAttrs,
): Term {
  const dtype = a.dtype;
  if (a.shape.length > 2 || b.shape.length > 2) {
    return tf.op(
      'BatchMatMulV2',
      [a, b],
      { dtype, shape },
      { adj_x: transposeA, adj_y: transposeB },
    );
  }
  if (!transposeA || transposeB) return matMul(tf, a, b, shape, { transposeA, transposeB });
  if (tf.columnReads === 'turned' && isTall(dtype, shape)) return turnedProduct(tf, a, b, shape);
  const isWidened = tf.columnReads === 'widened';
  return widenedProduct(tf, a, b, { a: isWidened && aliases(a), b: isWidened && aliases(b) });
}

function matMul(
  tf: TfBuilder,
  a: Term,
  b: Term,
  shape: readonly number[],
  { transposeA, transposeB }: MatMulAttrs,
): Term {
  return tf.op(
    'MatMul',
    [a, b],
    { dtype: a.dtype, shape },
    { transpose_a: transposeA, transpose_b: transposeB },
  );
}

/** Results for which AᵀB is slower than (BᵀA)ᵀ with AVX-512: by a sixth to a third, the transpose included. */
function isTall(dtype: Term['dtype'], [rows, columns]: readonly number[]): boolean {
  return dtype === 'float32' && columns >= 32 && rows >= 2 * columns;
}

/** (BᵀA)ᵀ = AᵀB */
function turnedProduct(tf: TfBuilder, a: Term, b: Term, [m, n]: readonly number[]): Term {
  const turned = matMul(tf, b, a, [n, m], { transposeA: true, transposeB: false });
  return tf.op(
    'Transpose',
    [turned, tf.ints([1, 0])],
    { dtype: a.dtype, shape: [m, n] },
    { Tperm: { type: 'int32' } },
  );
}

/** AᵀB of matrices of which some are widened before. */
function widenedProduct(
  tf: TfBuilder,
  a: Term,
  b: Term,
  isWidened: { readonly a: boolean; readonly b: boolean },
): Term {
  const [left, right] = [isWidened.a ? widened(tf, a) : a, isWidened.b ? widened(tf, b) : b];
  const wide = [left.shape[1], right.shape[1]];
  const result = matMul(tf, left, right, wide, { transposeA: true, transposeB: false });
  if (!isWidened.a && !isWidened.b) return result;
  const shape = [a.shape[1], b.shape[1]];
  return tf.op(
    'Slice',
    [result, tf.ints([0, 0]), tf.ints(shape)],
    { dtype: a.dtype, shape },
    { Index: { type: 'int32' } },
  );
}

/** Long enough to matter, rows a multiple of 4 KiB apart. */
function aliases({ dtype, shape: [rows, columns] }: Term): boolean {
  return dtype === 'float32' && rows >= 256 && columns % 1024 === 0;
}

function widened(tf: TfBuilder, x: Term): Term {
  const [rows, columns] = x.shape;
  const gap = tf.constant([0], [rows, GAP], 'float32');
  const shape = [rows, columns + GAP];
  return tf.op(
    'ConcatV2',
    [x, gap, tf.scalar(1, 'int32')],
    { dtype: x.dtype, shape },
    {
      N: { int: 2 },
      Tidx: { type: 'int32' },
    },
  );
}
