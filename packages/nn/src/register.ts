// Registration of our kernels and gradients with TensorFlow.js: explicit, global, once.

import * as tf from '@tensorflow/tfjs-core';
import { embeddingGradKernel } from './embedding.js';
import { type FusedKernel, kernelFunc } from './fused-kernel.js';
import { geluGradient, geluGradKernel, geluKernel } from './gelu.js';
import { layerNormGradient, layerNormGradKernel, layerNormKernel } from './layer-norm.js';
import { randomBitsKernel } from './random-bits.js';
import { softmaxGradKernel } from './softmax.js';
import {
  softmaxCrossEntropyGradient,
  softmaxCrossEntropyGradKernel,
  softmaxCrossEntropyKernel,
} from './softmax-cross-entropy.js';

const KERNELS: readonly FusedKernel[] = [
  geluKernel,
  geluGradKernel,
  layerNormKernel,
  layerNormGradKernel,
  softmaxGradKernel,
  softmaxCrossEntropyKernel,
  softmaxCrossEntropyGradKernel,
  embeddingGradKernel,
  randomBitsKernel,
];

const GRADIENTS: readonly tf.GradConfig[] = [
  geluGradient,
  layerNormGradient,
  softmaxCrossEntropyGradient,
];

/** Names of the kernels, the list a tracing backend has to know. */
export const KERNEL_NAMES: readonly string[] = KERNELS.map((kernel) => kernel.name);

/**
 * Gives a backend the kernels it lacks, and TensorFlow.js their gradients. Calling it again changes nothing.
 *
 * On `cpu` the kernels are loops over typed arrays, elsewhere they are made of TensorFlow.js operations
 * (`RandomBits` is always drawn on the host, which needs a backend that reads synchronously).
 */
export function registerKernels(backendName: string = currentBackend()): void {
  for (const { name, host, composed } of KERNELS) {
    if (tf.getKernel(name, backendName)) continue;
    const implementation = backendName === 'cpu' ? host : (composed ?? host);
    tf.registerKernel({ kernelName: name, backendName, kernelFunc: kernelFunc(implementation) });
  }
  registerGradients();
}

/** Gradients alone, for a backend that has the kernels already. Calling it again changes nothing. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS) {
    if (!tf.getGradient(gradient.kernelName)) tf.registerGradient(gradient);
  }
}

/** The backend in use; the best one is started if none has been yet. */
function currentBackend(): string {
  tf.backend();
  return tf.getBackend();
}
