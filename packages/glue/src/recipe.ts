// Recipes of fine-tuning as data: what is known of published runs, and what of them is a guess.

import type { ScheduleShape } from '@alectra/optim';
import type { TaskName } from './task.js';

/** What tasks differ in. */
export interface TaskSettings {
  readonly batchSize: number;
  readonly epochs: number;
  /** Peak of the schedule. */
  readonly learningRate: number;
}

export interface Recipe extends TaskSettings {
  readonly name: RecipeName;
  /** Where it comes from, and what is not known. */
  readonly source: string;
  /** Tokens, `[CLS]` and `[SEP]` included. */
  readonly maxLength: number;
  readonly schedule: ScheduleShape;
  /** Share of all steps. */
  readonly warmup: number;
  readonly weightDecay: number;
  readonly epsilon: number;
  /** Divide Adam's moments as torch does. Google's code does not. */
  readonly biasCorrection: boolean;
  /** 0 for no clipping. */
  readonly maxGradientNorm: number;
  /** Factor on the learning rate per layer from the top; 1 for none. */
  readonly layerwiseDecay: number;
  /** Google's code starts one layer too low (google-research/electra, issues 51 and 64). */
  readonly layerwiseOffByOne: boolean;
  /** Scores are divided by it for training. */
  readonly scoreScale: number;
  /** Tasks that train on both orders of a pair. */
  readonly swapPairs: readonly TaskName[];
  /** Task → the task whose fine-tuned encoder it starts from. */
  readonly startFrom: Readonly<Partial<Record<TaskName, TaskName>>>;
  /**
   * ELECTRA's head on the first position: Google's dropout and linear layer, or Hugging Face's with a dense layer
   * before. Other families have one head.
   */
  readonly head: 'google' | 'huggingface';
  readonly tasks: Readonly<Partial<Record<TaskName, Partial<TaskSettings>>>>;
}

export type RecipeName = 'electra' | 'alectra-card' | 'huggingface';

const electra: Recipe = {
  name: 'electra',
  source:
    'google-research/electra at 8a46635 (configure_finetuning.py) with the rate 3e-4 of the published small results; ' +
    'the paper has no weight decay, the code 0.01',
  batchSize: 32,
  epochs: 3,
  learningRate: 3e-4,
  maxLength: 128,
  schedule: 'product',
  warmup: 0.1,
  weightDecay: 0.01,
  epsilon: 1e-6,
  biasCorrection: false,
  maxGradientNorm: 1,
  layerwiseDecay: 0.8,
  layerwiseOffByOne: true,
  scoreScale: 5,
  swapPairs: ['mrpc', 'stsb'],
  startFrom: {},
  head: 'google',
  tasks: { rte: { epochs: 10 }, stsb: { epochs: 10 } },
};

const alectraCard: Recipe = {
  name: 'alectra-card',
  source:
    'table of the ALECTRA model card (lmtuners, 2020); optimizer, warm-up, decay and length are not stated there: ' +
    'those of run_glue.py of Hugging Face in 2020 are assumed',
  batchSize: 32,
  epochs: 3,
  learningRate: 1e-4,
  maxLength: 128,
  schedule: 'piecewise',
  warmup: 0,
  weightDecay: 0,
  epsilon: 1e-8,
  biasCorrection: true,
  maxGradientNorm: 1,
  layerwiseDecay: 1,
  layerwiseOffByOne: false,
  scoreScale: 1,
  swapPairs: [],
  startFrom: { rte: 'mnli', stsb: 'mnli' },
  head: 'huggingface',
  tasks: {
    cola: { batchSize: 32, epochs: 10, learningRate: 2e-5 },
    sst2: { batchSize: 16, epochs: 3, learningRate: 5e-5 },
    mrpc: { batchSize: 128, epochs: 10, learningRate: 1e-4 },
    stsb: { batchSize: 16, epochs: 3, learningRate: 1e-4 },
    qqp: { batchSize: 32, epochs: 10, learningRate: 5e-5 },
    mnli: { batchSize: 32, epochs: 3, learningRate: 1e-4 },
    qnli: { batchSize: 32, epochs: 3, learningRate: 5e-5 },
    rte: { batchSize: 32, epochs: 5, learningRate: 1e-4 },
  },
};

const huggingFace: Recipe = {
  ...alectraCard,
  name: 'huggingface',
  source:
    "defaults of transformers' Trainer with the batches of 32 and the length 128 of its GLUE example",
  learningRate: 5e-5,
  startFrom: {},
  tasks: {},
};

/** All recipes by name. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  electra,
  'alectra-card': alectraCard,
  huggingface: huggingFace,
};

/** Batch size, epochs and peak rate for one task: the recipe's own unless the task has others. */
export function taskSettings(recipe: Recipe, task: TaskName): TaskSettings {
  const { batchSize, epochs, learningRate } = recipe;
  return { batchSize, epochs, learningRate, ...recipe.tasks[task] };
}
