export { CheckpointError, type CheckpointErrorCode } from './checkpoint-error.js';
export {
  type Checkpoint,
  checkpointName,
  type FoundCheckpoint,
  lastGoodCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from './checkpoint-folder.js';
export {
  type ConfigDifference,
  configDifferences,
  formatDifferences,
  type Json,
  refusedChanges,
} from './config-difference.js';
export { type Curve, type CurvePlot, drawCurves } from './draw-curves.js';
export { type EventFile, openEventFile } from './event-file.js';
export { defaultGuard, type GuardOptions } from './guard.js';
export { type MetricsLine, readMetrics, timeFields } from './metrics-log.js';
export type { StepOutcome, StepScalars } from './optimizer-step.js';
export {
  compilePrograms,
  type Programs,
  type TrainingProgramOptions,
  type TrainingState,
} from './programs.js';
export {
  formatDuration,
  formatProgress,
  type Progress,
  type ProgressOptions,
  type ProgressPrinter,
  progressPrinter,
} from './progress.js';
export { type BestCheckpoint, defaultRetention, type RetentionOptions } from './retention.js';
export type { CheckpointPlan, Probe, RunEvent, RunPlan, RunResult } from './run-plan.js';
export {
  DIVERGED_EXIT_CODE,
  INTERRUPTED_EXIT_CODE,
  type StopSignals,
  stopSignals,
} from './stop-signals.js';
export { openTrainer, type Trainer, type TrainerOptions } from './trainer.js';
export type {
  BatchSource,
  Evaluation,
  HostTensors,
  MetricSums,
  Params,
  RandomKey,
  TrainingTask,
} from './training-task.js';
