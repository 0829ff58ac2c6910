// What the HTTP thread and a model's worker thread say to each other.

import type { FaultType } from './http-fault.js';
import type { TaskName } from './task-name.js';

/** Given to a worker when it starts. */
export interface WorkerSetup {
  readonly folder: string;
  readonly engine: 'auto' | 'onnxruntime' | 'tensorflow' | 'eager';
  readonly threads: number;
  readonly spinning: boolean;
  readonly maxBatchTokens: number;
  readonly maxBatchInputs: number;
  /** Whether usual shapes are compiled before they are asked for. */
  readonly warmUp: boolean;
}

/** A text, or a text with its pair. */
export type TaskInput = string | { readonly text: string; readonly text_pair: string };

export type TaskParameters = Readonly<Record<string, unknown>>;

export interface Job {
  readonly id: number;
  readonly task: TaskName;
  readonly inputs: readonly TaskInput[];
  readonly parameters: TaskParameters;
  /** Whether the client gave a list, and so gets one. */
  readonly isList: boolean;
}

export type ToWorker =
  | { readonly kind: 'job'; readonly job: Job }
  /** The client left: what is not yet in a batch is dropped. */
  | { readonly kind: 'cancel'; readonly id: number };

export interface JobAnswer {
  readonly id: number;
  /** JSON, or */
  readonly body?: string;
  readonly fault?: { readonly status: number; readonly type: FaultType; readonly message: string };
  /** Of all inputs of the job. */
  readonly tokens: number;
  /** From arrival to the first batch. */
  readonly queueMs: number;
  /** Of the batches it was part of. */
  readonly computeMs: number;
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly engine: string; readonly maxTokens: number }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'batch';
      readonly inputs: number;
      readonly tokens: number;
      readonly computeMs: number;
    }
  | { readonly kind: 'answers'; readonly answers: readonly JobAnswer[] };
