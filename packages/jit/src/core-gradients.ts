// Gradients that TensorFlow.js 4.22 has not, or has wrong or slow; registered by an explicit call.
//
// Wrong: products with broadcast batch axes, cumulative sums along another axis than the last, maximum, minimum and
// squared difference of shapes that broadcast. Slow: gather with batch axes and tile (one kernel a row), where
// and rsqrt (more arithmetic than needed). Missing: scatters, gatherND, topk, einsum.

import * as tf from '@tensorflow/tfjs-core';

type Grad = Omit<tf.GradConfig, 'kernelName'>;
type Dims = readonly number[];
type Gradients = Record<string, () => tf.Tensor>;

/**
 * Replaces and adds gradients of TensorFlow.js kernels, for all backends of this process. Call it once, after
 * `@tensorflow/tfjs` is loaded.
 */
export function registerCoreGradients(): void {
  for (const [kernelName, grad] of Object.entries(GRADIENTS)) {
    tf.registerGradient({ kernelName, ...grad });
  }
}

const GRADIENTS: Readonly<Record<string, Grad>> = {
  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b], attrs) => productGradients(dy as tf.Tensor, a, b, attrs),
  },
  Cumsum: {
    gradFunc: (dy, _, attrs) => {
      const { axis, exclusive, reverse } = attrs as {
        axis: number;
        exclusive: boolean;
        reverse: boolean;
      };
      return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
    },
  },
  GatherV2: {
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, [x, indices], attrs) => {
      const { axis, batchDims } = attrs as { axis: number; batchDims?: number };
      return {
        x: () => gatherGradient(dy as tf.Tensor, x, indices, axis, batchDims ?? 0),
        indices: () => tf.zerosLike(indices),
      };
    },
  },
  GatherNd: {
    inputsToSave: ['params', 'indices'],
    gradFunc: (dy, [params, indices]) => ({
      params: () => tf.scatterND(indices, dy as tf.Tensor, params.shape),
      indices: () => tf.zeros(indices.shape),
    }),
  },
  ScatterNd: {
    inputsToSave: ['indices'],
    gradFunc: (dy, [indices]) => ({
      indices: () => tf.zeros(indices.shape),
      updates: () => tf.gatherND(dy as tf.Tensor, indices),
    }),
  },
  TensorScatterUpdate: {
    inputsToSave: ['indices', 'updates'],
    gradFunc: (dy, [indices, updates]) => ({
      // A copy, because the cpu backend writes into its argument.
      tensor: () =>
        tf.tensorScatterUpdate(tf.add(dy as tf.Tensor, 0), indices, tf.zeros(updates.shape)),
      indices: () => tf.zeros(indices.shape),
      updates: () => tf.gatherND(dy as tf.Tensor, indices),
    }),
  },
  Tile: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => tileGradient(dy as tf.Tensor, x, attrs.reps as number[]),
    }),
  },
  Select: {
    inputsToSave: ['condition'],
    gradFunc: (dy, [condition]) => {
      const [given, zero] = [dy as tf.Tensor, tf.zerosLike(dy as tf.Tensor)];
      return {
        condition: () => tf.zeros(condition.shape),
        t: () => tf.where(condition, given, zero),
        e: () => tf.where(condition, zero, given),
      };
    },
  },
  Rsqrt: {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => tf.mul(tf.mul(dy as tf.Tensor, -0.5), tf.mul(y, tf.square(y))),
    }),
  },
  Maximum: chosen(tf.greaterEqual),
  Minimum: chosen(tf.lessEqual),
  SquaredDifference: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => {
      const slope = (): tf.Tensor => tf.mul(dy as tf.Tensor, tf.mul(tf.sub(a, b), 2));
      return {
        a: () => unbroadcast(slope(), a.shape),
        b: () => unbroadcast(tf.neg(slope()), b.shape),
      };
    },
  },
  TopK: {
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (dys, [x, indices]) => {
      const size = x.shape[x.shape.length - 1];
      const [dy] = dys as tf.Tensor[];
      return {
        x: () =>
          tf.sum(tf.mul(tf.oneHot(indices, size, 1, 0, 'float32'), tf.expandDims(dy, -1)), -2),
      };
    },
  },
  Einsum: {
    saveAllInputs: true,
    gradFunc: (dy, inputs, attrs) =>
      einsumGradients(dy as tf.Tensor, inputs, attrs.equation as string),
  },
};

/** Sums `x` over the axes along which `shape` was repeated to make x's shape. */
function unbroadcast<T extends tf.Tensor>(x: tf.Tensor, shape: Dims): T {
  const axes = tf.broadcast_util.getReductionAxes([...shape], x.shape);
  const sum = axes.length > 0 ? tf.sum(x, axes) : x;
  return tf.reshape(sum, [...shape]) as T; // of the asked shape
}

/** The gradient goes to the input that `wins` against the other; to the first on a tie. */
function chosen(wins: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Grad {
  return {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => {
      const given = dy as tf.Tensor;
      const first = wins(a, b);
      const zero = tf.zerosLike(given);
      return {
        a: () => unbroadcast(tf.where(first, given, zero), a.shape),
        b: () => unbroadcast(tf.where(first, zero, given), b.shape),
      };
    },
  };
}

/** With C = op(A) op(B): dA = dC op(B)ᵀ, dB = op(A)ᵀ dC, transposed as A and B were. */
function productGradients(
  dy: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  attrs: tf.NamedAttrMap,
): Gradients {
  const [ta, tb] = [!!attrs.transposeA, !!attrs.transposeB];
  return {
    a: () => unbroadcast(ta ? tf.matMul(b, dy, tb, true) : tf.matMul(dy, b, false, !tb), a.shape),
    b: () => unbroadcast(tb ? tf.matMul(dy, a, true, ta) : tf.matMul(a, dy, !ta, false), b.shape),
  };
}

/** Rows of dy added up at their indices; [batch, middle, axis, rest] with the axis brought behind the batch. */
function gatherGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  indices: tf.Tensor,
  asked: number,
  batchDims: number,
): tf.Tensor {
  const axis = tf.util.parseAxisParam(asked, x.shape)[0];
  const order = x.shape.map((_, at) => at);
  const moved = [
    ...order.slice(0, batchDims),
    axis,
    ...order.slice(batchDims, axis),
    ...order.slice(axis + 1),
  ];
  const inner = indices.rank - batchDims;
  // dy is [batch, middle, indices, rest]: the indices come to the front of the middle.
  const from = dy.shape.map((_, at) => at);
  const front = [
    ...from.slice(0, batchDims),
    ...from.slice(axis, axis + inner),
    ...from.slice(batchDims, axis),
    ...from.slice(axis + inner),
  ];
  const length = x.shape[axis];
  const rows = tf.util.sizeFromShape(x.shape.slice(0, batchDims));
  const count = indices.size / rows;
  const values = tf.reshape(tf.transpose(dy, front), [rows * count, -1]) as tf.Tensor2D;
  const offsets = tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(length, 'int32'));
  const ids = tf.add(tf.reshape(indices, [rows, count]), tf.expandDims(offsets, 1));
  const sum = tf.unsortedSegmentSum(values, tf.reshape(ids, [-1]) as tf.Tensor1D, rows * length);
  const shape = moved.map((at) => x.shape[at]);
  const back = order.map((at) => moved.indexOf(at));
  return tf.transpose(tf.reshape(sum, shape), back);
}

/** Folds each axis into repetitions and original, and sums over the repetitions. */
function tileGradient(dy: tf.Tensor, x: tf.Tensor, reps: Dims): tf.Tensor {
  const folded = x.shape.flatMap((size, axis) => [reps[axis], size]);
  const repeated = x.shape.map((_, axis) => 2 * axis);
  return x.rank === 0 ? dy : tf.sum(tf.reshape(dy, folded), repeated);
}

/** The gradient of one factor is the einsum of dy with all others, with its letters as the result. */
function einsumGradients(dy: tf.Tensor, inputs: readonly tf.Tensor[], equation: string): Gradients {
  const [terms, result] = equation.replace(/\s/g, '').split('->');
  const letters = terms.split(',');
  const grads = inputs.map((_, at) => () => {
    const others = letters.filter((_, other) => other !== at);
    const known = new Set([result, ...others].join(''));
    const alone = [...letters[at]].find((letter) => !known.has(letter));
    if (alone !== undefined) {
      throw new Error(
        `jit: einsum "${equation}" has no gradient: "${alone}" occurs in one factor only and not in the result.\n` +
          `Sum over that axis with tf.sum first.`,
      );
    }
    const factors = [dy, ...inputs.filter((_, other) => other !== at)];
    return tf.einsum(`${[result, ...others].join(',')}->${letters[at]}`, ...factors);
  });
  return Object.fromEntries(grads.map((grad, at) => [String(at), grad]));
}
