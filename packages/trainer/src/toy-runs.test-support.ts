// Toy runs by name, in a folder that lasts for one test.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, jest } from '@jest/globals';
import { type Checkpoint, checkpointName, readCheckpoint } from './checkpoint-folder.js';
import { memoryFolder } from './memory-folder.test-support.js';
import { readMetrics, timeFields } from './metrics-log.js';
import type { RunEvent, RunPlan, RunResult } from './run-plan.js';
import { toyOptions, toyPlan } from './test-support.js';
import { openTrainer, type TrainerOptions } from './trainer.js';

export interface ToyRuns {
  folder(name: string): string;
  train(
    name: string,
    plan?: Partial<RunPlan>,
    options?: Partial<TrainerOptions>,
  ): Promise<RunResult>;
  /** Runs until `step` is done, then stops as on SIGTERM. */
  trainUntil(
    step: number,
    name: string,
    plan?: Partial<RunPlan>,
    options?: Partial<TrainerOptions>,
  ): Promise<RunResult>;
  saved(name: string, step: number): Promise<Checkpoint>;
  /** metrics.jsonl without the fields that depend on the clock. */
  logged(name: string): Promise<Record<string, unknown>[]>;
}

/** Call at the top of a test file. */
export function toyRuns(): ToyRuns {
  jest.setTimeout(60_000); // a toy run takes a tenth of a second, or many on a busy machine
  let root = '';
  beforeEach(() => {
    root = memoryFolder('trainer');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const folder = (name: string): string => join(root, name);
  const train: ToyRuns['train'] = async (name, plan = {}, options = {}) => {
    const trainer = await openTrainer(toyOptions(folder(name), options));
    try {
      return await trainer.run(toyPlan(plan));
    } finally {
      await trainer.close();
    }
  };
  return {
    folder,
    train,
    trainUntil(step, name, plan, options) {
      const controller = new AbortController();
      const onEvent = (event: RunEvent): void => {
        if (event.kind === 'step' && event.step === step) controller.abort('SIGTERM');
      };
      return train(name, { ...plan, signal: controller.signal, onEvent }, options);
    },
    saved: (name, step) => readCheckpoint(join(folder(name), 'checkpoints', checkpointName(step))),
    logged: async (name) =>
      (await readMetrics(join(folder(name), 'metrics.jsonl'))).map((line) =>
        Object.fromEntries(Object.entries(line).filter(([key]) => !timeFields.includes(key))),
      ),
  };
}

/** A checkpoint's state without its clock. */
export const withoutTime = (state: unknown): object => ({ ...(state as object), seconds: 0 });
