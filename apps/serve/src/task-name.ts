// The tasks that are served, and which of them a model's head can do.

import type { ModelHead } from '@alectra/checkpoint';

export const TASKS = [
  'fill-mask',
  'text-classification',
  'token-classification',
  'replaced-token-detection',
  'feature-extraction',
] as const;

export type TaskName = (typeof TASKS)[number];

export const isTaskName = (name: string): name is TaskName =>
  (TASKS as readonly string[]).includes(name);

/** What a head can do, its main task first. `labels` are those of config.json, in order of their ids. */
export function tasksOf(
  head: ModelHead,
  modelType: string,
  labels: readonly string[],
): readonly TaskName[] {
  switch (head) {
    case 'masked-lm':
      return ['fill-mask', 'feature-extraction'];
    case 'pre-training':
      // ELECTRA is pretrained to detect, ALBERT and BERT to fill masks
      return modelType === 'electra'
        ? ['replaced-token-detection', 'feature-extraction']
        : ['fill-mask', 'feature-extraction'];
    case 'token-classification':
      return isDetector(labels)
        ? ['token-classification', 'replaced-token-detection', 'feature-extraction']
        : ['token-classification', 'feature-extraction'];
    case 'sequence-classification':
      return ['text-classification', 'feature-extraction'];
    default:
      return ['feature-extraction'];
  }
}

/** Two labels, the second of which says "replaced", as `apps/pretrain` exports its discriminators. */
const isDetector = (labels: readonly string[]): boolean =>
  labels.length === 2 && /replaced/i.test(labels[1] ?? '');
