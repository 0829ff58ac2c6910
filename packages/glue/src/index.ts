export { withSwappedPairs } from './augment.js';
export { type Average, electraAverage, leaderboardAverage } from './averages.js';
export { type BatchTensor, type BatchTensors, batchTensors } from './batch-tensors.js';
export { chooseWidths, groupWidths, type WidthOptions, widthCount } from './batch-widths.js';
export {
  type Batch,
  type BatchOptions,
  batchRows,
  CACHED_TOKENS,
  evaluationBatches,
  fittingBatches,
  narrowed,
  trainingBatches,
} from './batches.js';
export {
  argmax,
  type Calibration,
  type CalibrationBin,
  calibration,
  softmaxRows,
} from './calibration.js';
export {
  type CardColumn,
  type CardScores,
  type ColumnLayout,
  cardColumns,
  cardScores,
} from './card-columns.js';
export { cardRows, type ResultRow } from './card-rows.js';
export { categoryReport } from './category-report.js';
export { checkSubmission, type Defect, describeDefect } from './check-submission.js';
export {
  accuracy,
  type ConfusionMatrix,
  confusionMatrix,
  f1,
  matthews,
} from './confusion-matrix.js';
export { averageRanks, pearson, spearman } from './correlation.js';
export {
  type CategoryScore,
  type DiagnosticExample,
  type DiagnosticGroup,
  diagnosticGroups,
  readDiagnostic,
  scoreByCategory,
} from './diagnostic.js';
export { downloadTask } from './download-task.js';
export { type EncodedExample, encodeExamples, type LabelledText } from './encode-examples.js';
export type {
  FeatureEncoder,
  PairTokenizer,
  Params,
  RandomKey,
  SentenceEncoder,
  TokenBatch,
} from './encoder.js';
export { analyseErrors, type ErrorAnalysis, type WorstExample } from './error-analysis.js';
export { errorReport } from './error-report.js';
export {
  type FinetuneOptions,
  type FinetuneTask,
  finetuneLoss,
  finetuneTask,
  type LabelledBatch,
  predictStep,
} from './finetune.js';
export { GlueError, type GlueErrorCode, type GlueFault } from './glue-error.js';
export { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
export { type ModelIndexEntry, modelIndex } from './model-index.js';
export type { DroppedRow } from './parse-split.js';
export { fitProbe, type Probe, type ProbeOptions } from './probe.js';
export { readPublicTestLabels } from './public-test-labels.js';
export { type ReadOptions, readSplit } from './read-split.js';
export {
  type Recipe,
  type RecipeName,
  recipes,
  type TaskSettings,
  taskSettings,
} from './recipe.js';
export { repeatedRows, sharedRows } from './repeated-rows.js';
export { markdownTable, tableData, textTable } from './result-table.js';
export { type GlueScores, labelsOf, type Scores, scorePredictions, setName } from './score.js';
export { type SeedSummary, summariseSeeds } from './seeds.js';
export { sentenceFeatures } from './sentence-features.js';
export { layoutOf, testSplits, validationSplits } from './split-layout.js';
export {
  type Prediction,
  type Predictions,
  type SubmissionSet,
  submissionFile,
  submissionSets,
  writeSubmission,
} from './submission.js';
export type {
  GlueExample,
  GlueTask,
  MetricName,
  SplitLayout,
  SplitName,
  SubmissionName,
  TaskName,
} from './task.js';
export { glueTasks } from './tasks.js';
