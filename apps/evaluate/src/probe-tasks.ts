// Probing: features of the frozen encoder once, then a linear head: seconds per task, no seeds but one.
//
// Features of a sentence or pair: the last hidden state of [CLS] beside the mean over all tokens.
//
// Shapes: B batch, S sequence, H hidden.

import {
  batchTensors,
  chooseWidths,
  type EncodedExample,
  encodeExamples,
  evaluationBatches,
  type FeatureEncoder,
  fitProbe,
  type GlueExample,
  type GlueScores,
  type GlueTask,
  glueTasks,
  labelsOf,
  type SplitName,
  scorePredictions,
  setName,
  type TokenBatch,
} from '@alectra/glue';
import { compile, type HostTensor, type Program, type TensorSpec } from '@alectra/jit';
import type * as tf from '@tensorflow/tfjs-core';
import { featureNetwork, type LoadedEncoder, loadEncoder } from './classifier.js';
import { type EvaluateOptions, readTask } from './evaluate.js';
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
  const features = await featureProgram(options, loaded, widths);
  try {
    const probe = fitProbe(await features.of(encoded), labelsOf(train), {
      classes: task.labels.length,
    });
    const scores: GlueScores = Object.fromEntries(
      await Promise.all(
        splits.map(async ({ name, labels, examples }) => {
          const found = answers(task, probe.predict(await features.of(examples)));
          return [name, scorePredictions(task, labels, found)] as const;
        }),
      ),
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    options.console.say(`${task.title}: ${train.length} examples, ${seconds} s`);
    return scores;
  } finally {
    features.dispose();
  }
}

interface Features {
  /** `[N, 2 H]`, rows in the order of the examples. */
  of(examples: readonly EncodedExample[]): Promise<Float32Array>;
  dispose(): void;
}

async function featureProgram(
  { engine, threads, fromScratch }: ProbeTasksOptions,
  loaded: LoadedEncoder,
  widths: readonly number[],
): Promise<Features> {
  const { encoder, parameters } = featureNetwork(loaded, { fromScratch });
  const inputs = (S: number): { batch: Record<string, TensorSpec> } => {
    const ids = { dtype: 'int32', shape: [BATCH, S] } as const;
    return { batch: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids } };
  };
  const step = featureStep(encoder);
  const programs = new Map<number, Program>();
  let main: Program | undefined;
  for (const width of widths) {
    const program: Program = main
      ? await main.compile(step, { inputs: inputs(width) })
      : await compile(step, {
          ...{ state: parameters, inputs: inputs(width), engine },
          ...(threads > 0 && { threads }),
        });
    main ??= program;
    programs.set(width, program);
  }
  return {
    async of(examples) {
      const places = new Map(examples.map((example, place) => [example, place]));
      let found = new Float32Array();
      for (const batch of evaluationBatches(examples, { batchSize: BATCH, widths })) {
        const { inputIds, attentionMask, tokenTypeIds } = batchTensors(batch, {
          ...{ batchSize: BATCH, padId: loaded.config.padTokenId, isRegression: false },
        });
        const outputs = (await programs.get(batch.width)?.run({
          batch: { inputIds, attentionMask, tokenTypeIds },
        })) as { features: HostTensor };
        const { data, shape } = outputs.features;
        const size = shape[1];
        if (found.length === 0) found = new Float32Array(examples.length * size);
        for (const [row, example] of batch.examples.entries())
          found.set(
            data.subarray(row * size, (row + 1) * size),
            (places.get(example) as number) * size, // every example came from the list
          );
      }
      return found;
    },
    dispose: () => main?.dispose(),
  };
}

function featureStep(encoder: FeatureEncoder) {
  return function features(
    parameters: Record<string, tf.Tensor>,
    { batch }: { batch: TokenBatch },
  ): { outputs: { features: tf.Tensor2D } } {
    return { outputs: { features: encoder.features(parameters, batch) } };
  };
}
