// Probing: features of the frozen encoder once, then a linear head: seconds per task, no seeds but one.
//
// Features of a sentence or pair: the last hidden state of [CLS] beside the mean over all tokens.
//
// Shapes: B batch, S sequence, H hidden.

import {
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  fitProbe,
  type GlueExample,
  type GlueScores,
  type GlueTask,
  glueTasks,
  labelsOf,
  type Scores,
  type SplitName,
  type SubmissionName,
  scorePredictions,
  setName,
} from '@alectra/glue';
import { featureNetwork, type LoadedEncoder, loadEncoder } from './classifier.js';
import type { EvaluateOptions } from './evaluate.js';
import { frozenRows } from './frozen-rows.js';
import { readTask } from './task-plan.js';
import { answers } from './task-scores.js';

const BATCH = 32;

export type ProbeTasksOptions = Pick<
  EvaluateOptions,
  | 'model'
  | 'source'
  | 'data'
  | 'anySize'
  | 'tasks'
  | 'limitTrain'
  | 'fromScratch'
  | 'engine'
  | 'threads'
  | 'console'
> & { readonly maxLength: number };

/** Scores of a linear head on frozen features, on the validation sets. */
export async function probeTasks(options: ProbeTasksOptions): Promise<GlueScores> {
  const loaded = await loadEncoder(options.model, options.source);
  const scores: GlueScores = {};
  for (const name of options.tasks)
    Object.assign(scores, await probeTask(options, glueTasks[name], loaded));
  return scores;
}

async function probeTask(
  options: ProbeTasksOptions,
  task: GlueTask,
  loaded: LoadedEncoder,
): Promise<GlueScores> {
  const began = performance.now();
  const { train, validation } = await readTask(options, task);
  const maxLength = Math.min(options.maxLength, loaded.config.maxPositionEmbeddings);
  const encode = (examples: readonly GlueExample[]): EncodedExample[] =>
    encodeExamples(loaded.tokenizer, examples, { maxLength });
  const splits = Object.entries(validation).map(([split, examples]) => ({
    name: setName(task, split as SplitName), // keys are splits of the task
    labels: labelsOf(examples),
    examples: encode(examples),
  }));
  const encoded = encode(train);
  const all = [encoded, ...splits.map(({ examples }) => examples)];
  const widths = chooseWidths(
    all.flat().map(({ ids }) => ids.length),
    { most: 4, widest: loaded.config.maxPositionEmbeddings },
  );
  const { encoder, parameters } = featureNetwork(loaded, options);
  const features = await frozenRows(encoder.features, parameters, {
    ...{ batchSize: BATCH, widths, padId: loaded.config.padTokenId },
    ...{ engine: options.engine, threads: options.threads },
  });
  try {
    const probe = fitProbe((await features.of(encoded)).data, labelsOf(train), {
      classes: task.labels.length,
    });
    const scores: Partial<Record<SubmissionName, Scores>> = {};
    // one after another: at once, both would compile for a width that the training set lacks
    for (const { name, labels, examples } of splits) {
      const found = answers(task, probe.predict((await features.of(examples)).data));
      scores[name] = scorePredictions(task, labels, found);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    options.console.say(`${task.title}: ${train.length} examples, ${seconds} s`);
    return scores;
  } finally {
    features.dispose();
  }
}
