import { afterEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { gelu } from './gelu.js';
import { KERNEL_NAMES, registerGradients, registerKernels } from './register.js';

tf.env().set('IS_TEST', true);
afterEach(() => {
  jest.restoreAllMocks();
});

test('before a backend was chosen, registers for the one that TensorFlow.js picks', () => {
  registerKernels();
  expect(tf.getBackend()).toBe('cpu');
  expect(gelu(tf.scalar(0)).dataSync()[0]).toBe(0);
});

test('registering again neither warns nor replaces', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const first = KERNEL_NAMES.map((name) => tf.getKernel(name, 'cpu'));
  registerKernels();
  registerKernels('cpu');
  registerGradients();
  expect(KERNEL_NAMES.map((name) => tf.getKernel(name, 'cpu'))).toEqual(first);
  expect(warn).not.toHaveBeenCalled();
});

test('the kernels are those of the contract', () => {
  expect([...KERNEL_NAMES].sort()).toEqual([
    'EmbeddingGrad',
    'Gelu',
    'GeluGrad',
    'LayerNorm',
    'LayerNormGrad',
    'RandomBits',
    'SoftmaxCrossEntropy',
    'SoftmaxCrossEntropyGrad',
    'SoftmaxGrad',
  ]);
  for (const name of ['Gelu', 'LayerNorm', 'SoftmaxCrossEntropy'])
    expect(tf.getGradient(name)).toBeDefined();
});
