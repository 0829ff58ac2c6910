// Results as the `model-index` of a model's README.md wants them: one entry for each metric of each split.
//
// Fields after hub-docs, docs/hub/model-cards.md. Whoever writes the README.md takes the entries as they are.

import type { GlueScores } from './score.js';
import { setName } from './score.js';
import { validationSplits } from './split-layout.js';
import type { TaskName } from './task.js';
import { glueTasks } from './tasks.js';

export interface ModelIndexEntry {
  readonly taskType: 'text-classification';
  readonly dataset: 'nyu-mll/glue';
  readonly datasetName: string;
  readonly config: TaskName;
  readonly split: string;
  readonly metric: string;
  /** A share of one. */
  readonly value: number;
}

/** @param scores on the validation sets; a score that is NaN is left out, since YAML and JSON readers refuse it */
export function modelIndex(scores: GlueScores): readonly ModelIndexEntry[] {
  return Object.values(glueTasks).flatMap((task) =>
    validationSplits(task).flatMap((split) =>
      Object.entries(scores[setName(task, split)] ?? {})
        .filter(([, value]) => !Number.isNaN(value))
        .map(([metric, value]) => ({
          taskType: 'text-classification' as const,
          dataset: 'nyu-mll/glue' as const,
          datasetName: `GLUE ${task.title}`,
          config: task.name,
          split,
          metric,
          value,
        })),
    ),
  );
}
