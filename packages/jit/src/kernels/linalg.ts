// Recording rules of matrix products, layer norm and the loss kernels of @alectra/nn.

import * as tf from '@tensorflow/tfjs-core';
import { type GraphBuilder, type KernelRule, rule, type Value } from '../graph.js';
import type { DType } from '../host-tensor.js';
import { broadcast } from './elementwise.js';

interface MatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface FusedMatMulAttrs extends MatMulAttrs {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

const ACTIVATION: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

export const LINALG: Record<string, KernelRule> = {
  BatchMatMul: rule<MatMulAttrs>(['a', 'b'], (graph, [a, b], attrs) => matMul(graph, a, b, attrs)),
  _FusedMatMul: rule<FusedMatMulAttrs>(['a', 'b', 'bias?', 'preluActivationWeights?'], fusedMatMul),
  Einsum: rule<{ equation: string }>('list', einsum),
  LayerNorm: rule<{ epsilon: number }>(
    ['x', 'gamma', 'beta'],
    (graph, inputs, { epsilon }) => {
      const x = inputs[0];
      const row = { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
      return graph.node('LayerNorm', inputs, { epsilon }, [x, row, row]);
    },
    { many: true },
  ),
  LayerNormGrad: rule(
    ['x', 'gamma', 'mean', 'invStd', 'dy'],
    (graph, inputs) => {
      const [x, gamma] = inputs as [Value, Value];
      return graph.node('LayerNormGrad', inputs, {}, [x, gamma, gamma]);
    },
    { many: true },
  ),
  SoftmaxGrad: rule(['y', 'dy'], (graph, [y, dy]) => graph.node('SoftmaxGrad', [y, dy], {}, [y])),
  SoftmaxCrossEntropy: rule(
    ['logits', 'labels'],
    (graph, [logits, labels]) => {
      const row = { shape: [logits.shape[0] as number], dtype: logits.dtype };
      return graph.node('SoftmaxCrossEntropy', [logits, labels], {}, [row, row]);
    },
    { many: true },
  ),
  SoftmaxCrossEntropyGrad: rule(['logits', 'labels', 'logSumExp', 'dy'], (graph, inputs) =>
    graph.node('SoftmaxCrossEntropyGrad', inputs, {}, [inputs[0]]),
  ),
};

function matMul(graph: GraphBuilder, a: Value, b: Value, attrs: MatMulAttrs): Value {
  tf.util.assert(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `jit: cannot multiply [${a.shape}] by [${b.shape}]: both need at least two axes.`,
  );
  const dtype = tf.upcastType(a.dtype, b.dtype) as DType; // numbers in, numbers out
  const transposeA = !!attrs.transposeA;
  const transposeB = !!attrs.transposeB;
  const [m, k] = lastTwo(a, transposeA);
  const [inner, n] = lastTwo(b, transposeB);
  tf.util.assert(
    k === inner,
    () =>
      `jit: cannot multiply [${a.shape}] by [${b.shape}] (transposeA ${transposeA}, transposeB ${transposeB}): ` +
      `inner sizes ${k} and ${inner} differ.`,
  );
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
  const factors = [a, b].map((x) => graph.call('Cast', [x], { dtype }));
  return graph.node('BatchMatMul', factors, { transposeA, transposeB }, [{ shape, dtype }])[0];
}

function lastTwo({ shape }: Value, swapped: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return swapped ? [columns, rows] : [rows, columns];
}

function fusedMatMul(
  graph: GraphBuilder,
  inputs: readonly Value[],
  attrs: FusedMatMulAttrs,
): Value {
  const [a, b, bias, prelu] = inputs as [Value, Value, Value | undefined, Value | undefined];
  const product = matMul(graph, a, b, attrs);
  const sum = bias ? graph.call('Add', [product, bias]) : product;
  return activate(graph, sum, attrs, prelu);
}

/** Applies the activation of a fused kernel. */
export function activate(
  graph: GraphBuilder,
  x: Value,
  { activation = 'linear', leakyreluAlpha }: { activation?: string; leakyreluAlpha?: number },
  prelu?: Value,
): Value {
  if (activation === 'linear') return x;
  if (activation === 'prelu' && prelu) return graph.call('Prelu', [x, prelu]);
  if (activation === 'leakyrelu') return graph.call('LeakyRelu', [x], { alpha: leakyreluAlpha });
  const op = ACTIVATION[activation];
  if (!op)
    throw new Error(
      `jit: fused activation "${activation}" is unknown.\nApply it as an op of its own.`,
    );
  return graph.call(op, [x]);
}

function einsum(
  graph: GraphBuilder,
  inputs: readonly Value[],
  { equation }: { equation: string },
): readonly Value[] {
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, inputs.length);
  const letters = equation.replace(/\s/g, '').split('->')[1] ?? '';
  tf.backend_util.checkEinsumDimSizes(
    allDims.length,
    idDims,
    inputs.map(({ shape }) => ({ shape: [...shape] }) as tf.Tensor), // only shapes are read
  );
  const sizeOfLetter = (letter: string): number => {
    const at = allDims.indexOf(letter);
    const input = idDims.findIndex((dims) => dims.includes(at));
    return (inputs[input] as Value).shape[(idDims[input] as number[]).indexOf(at)] as number;
  };
  const shape = [...letters].map(sizeOfLetter);
  return graph.node('Einsum', inputs, { equation: equation.replace(/\s/g, '') }, [
    { shape, dtype: 'float32' },
  ]);
}
