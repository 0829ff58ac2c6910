export {
  type Auc,
  areaUnderCurve,
  type ScoredTokens,
  scoredTokens,
  type TokenOutputs,
} from './auc.js';
export type { SlotDraws } from './corrupt.js';
export type { GivenDraws, LossOptions } from './draws.js';
export {
  type ElectraResult,
  type ElectraTask,
  type ElectraTaskOptions,
  electraTask,
} from './electra-task.js';
export { type Encode, type HeadName, type HeadOptions, headLayout, withHead } from './heads.js';
export { METRIC_NAMES, type MetricName, type MetricTensors } from './metrics.js';
export { type MlmResult, type MlmTask, type MlmTaskOptions, mlmTask } from './mlm-task.js';
export type { Discriminator, Generator, TaskTokens } from './models.js';
export {
  ELECTRA_PRESETS,
  type ElectraPreset,
  type ElectraPresetName,
  electraPreset,
  type NetworkPreset,
} from './presets.js';
export {
  addSums,
  binaryEntropy,
  type DiscriminatorReport,
  discriminatorReport,
  type GeneratorReport,
  generatorReport,
  type MetricSums,
} from './report.js';
export {
  completeSettings,
  DEFAULT_SETTINGS,
  defaultSlots,
  type ElectraSettings,
  type MaskSelection,
  type Objective,
} from './settings.js';
export {
  type TwoTowerOptions,
  twoTowerGenerator,
  twoTowerHeadLayout,
  twoTowerWeights,
} from './two-towers.js';
export type { TieKey, TieMode, TiePart, Tying, Weight, Weights } from './tying.js';
export { countTokens, type UnigramBaseline, unigramBaseline } from './unigram.js';
