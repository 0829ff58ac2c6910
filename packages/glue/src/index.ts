export { withSwappedPairs } from './augment.js';
export {
  type Batch,
  type BatchOptions,
  type BatchTensor,
  type BatchTensors,
  batchTensors,
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  evaluationBatches,
  type LabelledText,
  trainingBatches,
  type WidthOptions,
} from './batches.js';
export type {
  FeatureEncoder,
  PairTokenizer,
  Params,
  RandomKey,
  SentenceEncoder,
  TokenBatch,
} from './encoder.js';
export {
  type FinetuneInputs,
  type FinetuneOptions,
  type FinetuneState,
  type FinetuneStep,
  finetuneLoss,
  finetuneStep,
  type LabelledBatch,
  predictStep,
} from './finetune.js';
export { GlueError, type GlueErrorCode, type GlueFault } from './glue-error.js';
export { type DroppedRow, type ReadOptions, readSplit } from './read-split.js';
export {
  type Recipe,
  type RecipeName,
  recipes,
  type TaskSettings,
  taskSettings,
} from './recipe.js';
export { type SeedSummary, summariseSeeds } from './seeds.js';
export type {
  GlueExample,
  GlueTask,
  MetricName,
  SplitLayout,
  SplitName,
  SubmissionName,
  TaskName,
} from './task.js';
export { glueTasks, testSplits, validationSplits } from './tasks.js';
