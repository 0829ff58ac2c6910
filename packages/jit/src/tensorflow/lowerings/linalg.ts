// Matrix products → TensorFlow.

import { type LoweringTable, lower } from '../lowering.js';

export const LINALG: LoweringTable = {
  BatchMatMul: lower<{ transposeA: boolean; transposeB: boolean }>(
    (tf, { inputs, outputs: [y], attrs: { transposeA, transposeB } }) => {
      const [a, b] = inputs.map((x) => tf.cast(tf.term(x), 'float32'));
      return a.shape.length === 2 && b.shape.length === 2
        ? tf.op('MatMul', [a, b], y, { transpose_a: transposeA, transpose_b: transposeB })
        : tf.op('BatchMatMulV2', [a, b], y, { adj_x: transposeA, adj_y: transposeB });
    },
  ),
  Einsum: lower<{ equation: string }>((tf, { inputs, outputs: [y], attrs: { equation } }) =>
    tf.op(
      'Einsum',
      inputs.map((x) => tf.cast(tf.term(x), 'float32')),
      y,
      { equation, N: { int: inputs.length } },
    ),
  ),
};
