export { type AdamWOptions, adamw } from './adamw.js';
export { clipByGlobalNorm, globalNorm, globalNormScale } from './clip.js';
export { BIAS_AND_LAYERNORM_WEIGHT, BIAS_AND_NORM } from './exclusion.js';
export { type LambFlavour, type LambOptions, lamb } from './lamb.js';
export { type LayerwiseDecayOptions, layerwiseDecay, type Place } from './layerwise-decay.js';
export {
  type LossAndGradients,
  type LossResult,
  lossAndGradients,
  type TensorTree,
} from './loss-and-gradients.js';
export type { Optimizer, OptimizerState, Tensors, UpdateInputs } from './optimizer.js';
export { type Schedule, type ScheduleOptions, type ScheduleShape, schedule } from './schedule.js';
