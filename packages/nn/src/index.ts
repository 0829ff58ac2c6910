export { embedding } from './embedding.js';
export { type GeluApproximation, gelu } from './gelu.js';
export { layerNorm } from './layer-norm.js';
export { type CallOptions, type Params, parameter, type TokenBatch } from './params.js';
export {
  gumbel,
  hostRandomBits,
  RANDOM_BITS,
  type RandomBitsStep,
  type RandomKey,
  randomBits,
  randomUniform,
  streamId,
} from './random-bits.js';
export { KERNEL_NAMES, registerGradients, registerKernels } from './register.js';
export { softmax } from './softmax.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { stopGradient } from './stop-gradient.js';
