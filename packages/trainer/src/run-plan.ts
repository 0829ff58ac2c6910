// How long and how a run goes, and what it reports: everything of a run but its task and its data.

import type { Schedule } from '@alectra/optim';
import type { Json } from './config-difference.js';
import type { GuardOptions } from './guard.js';
import type { RetentionOptions } from './retention.js';
import type { HostTensors } from './training-task.js';

export interface CheckpointPlan extends RetentionOptions {
  /** Optimizer steps between two checkpoints; 0 for none by step. */
  readonly everySteps: number;
  /** Seconds between two checkpoints; 0 for none by time. The last step is always saved. */
  readonly everySeconds: number;
}

/** What a model is worth on something else than its own loss, now and then: a small task fine-tuned, for example. */
export interface Probe {
  /** Optimizer steps between two probes; the last step is always probed. */
  readonly everySteps: number;
  /**
   * Must be a function of the parameters alone, else a resumed run logs other figures than one never stopped.
   * If it throws, the run goes on.
   *
   * @param parameters a copy, read from the engine on each call
   */
  run(
    parameters: () => Promise<HostTensors>,
    step: number,
  ): Promise<Readonly<Record<string, number>>>;
}

export interface RunPlan {
  /** Everything that defines the run, resolved; written to config.json and compared on resume. */
  readonly config: Json;
  /** Dotted keys in which the config may differ from that of the checkpoint; `*` allows all. */
  readonly allowConfigChanges?: readonly string[];
  readonly steps: number;
  readonly schedule: Schedule;
  /** Optimizer steps between two lines of metrics.jsonl. */
  readonly logEvery: number;
  /** Optimizer steps between two evaluations; 0 for the first and the last only. */
  readonly evaluateEvery: number;
  /** false leaves out the evaluation before the first step. */
  readonly evaluateFirst?: boolean;
  readonly checkpoint: CheckpointPlan;
  readonly probe?: Probe;
  /** false applies every finite update. */
  readonly guard?: Partial<GuardOptions> | false;
  /** Aborted: the step is finished, a checkpoint written, and the run returns `interrupted`. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

export type RunEvent =
  | { readonly kind: 'start'; readonly step: number; readonly steps: number }
  | {
      /** A checkpoint that failed its test and was set aside. */
      readonly kind: 'damaged';
      readonly path: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      /**
       * Means over the accepted updates since the last log line, this step included; where all were refused, the last
       * means that there were, empty before the first.
       */
      readonly metrics: Readonly<Record<string, number>>;
      readonly tokensPerSecond: number;
      /** NaN before the second step. */
      readonly secondsLeft: number;
    }
  | {
      readonly kind: 'evaluate';
      readonly step: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'probe';
      readonly step: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'probe-failed'; readonly step: number; readonly error: unknown }
  | {
      readonly kind: 'refused';
      readonly step: number;
      readonly loss: number;
      readonly norm: number;
    }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  | {
      /** Nothing was lost: the older checkpoints stand, and the next interval tries again. */
      readonly kind: 'save-failed';
      readonly step: number;
      readonly error: Error;
    };

export interface RunResult {
  readonly status: 'finished' | 'interrupted' | 'diverged';
  /** Optimizer steps done. */
  readonly step: number;
  /** Why a run counts as diverged. */
  readonly reason?: string;
  /** The last evaluation of this session, if there was one. */
  readonly evaluation?: Readonly<Record<string, number>>;
  /** Seconds in optimizer steps, over all sessions. */
  readonly seconds: number;
}
