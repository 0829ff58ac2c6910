// The pipeline behind each task, for the model of one folder. A pipeline is made when it is first asked for, with
// weights of its own: most models are asked for one task.

import { availableParallelism } from 'node:os';
import { modelFromPretrained } from '@alectra/checkpoint';
import type { Params, TokenBatch } from '@alectra/nn';
import {
  detectReplaced,
  featureExtraction,
  fillMask,
  type ModelConfig,
  type Network,
  type Pipeline,
  type Request,
  textClassification,
  tokenClassification,
} from '@alectra/pipelines';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import type * as tf from '@tensorflow/tfjs-core';
import { families } from './families.js';
import type { TaskInput, TaskParameters, WorkerSetup } from './protocol.js';
import type { TaskName } from './task-name.js';

/** A pipeline whose inputs and parameters are those of the task's HTTP schema. */
export interface TaskPipeline {
  readonly engine: string;
  /** @throws InputError of @alectra/pipelines */
  prepare(input: TaskInput, parameters: TaskParameters): Request<unknown>;
  run(requests: readonly Request<unknown>[]): Promise<unknown[]>;
  /** Compiles usual shapes while nothing else is to be done. */
  warmUp(): Promise<void>;
}

export interface TaskPipelines {
  /** Longest text in tokens. */
  readonly maxTokens: number;
  get(task: TaskName): Promise<TaskPipeline>;
}

/** @throws Error for a folder whose tokenizer cannot be read */
export async function taskPipelines(
  setup: WorkerSetup,
  modelTokens: number,
): Promise<TaskPipelines> {
  const tokenizer = await WordPieceTokenizer.fromPretrained(setup.folder);
  const maxTokens = Math.min(modelTokens, tokenizer.config.modelMaxLength, setup.maxBatchTokens);
  const made = new Map<TaskName, Promise<TaskPipeline>>();
  const threads = setup.threads || availableParallelism();
  const options: SharedOptions = {
    tokenizer,
    maxTokens,
    maxBatchTokens: setup.maxBatchTokens,
    engine: setup.engine,
    threads,
    spinning: setup.spinning,
    parallelRuns: threads,
  };
  return {
    maxTokens,
    get(task) {
      let pipeline = made.get(task);
      if (!pipeline) {
        pipeline = MAKERS[task](setup.folder, options);
        made.set(task, pipeline);
        pipeline.catch(() => made.delete(task));
      }
      return pipeline;
    },
  };
}

interface SharedOptions {
  readonly tokenizer: WordPieceTokenizer;
  readonly maxTokens: number;
  readonly maxBatchTokens: number;
  readonly engine: WorkerSetup['engine'];
  readonly threads: number;
  readonly spinning: boolean;
  readonly parallelRuns: number;
}

type Maker = (folder: string, options: SharedOptions) => Promise<TaskPipeline>;

const MAKERS: Readonly<Record<TaskName, Maker>> = {
  'fill-mask': async (folder, options) => {
    const { model, logitsAt } = await modelFromPretrained(folder, { families, head: 'masked-lm' });
    const { config, params } = model;
    const made = fillMask({ ...options, model: { config, params, logitsAt } });
    return adapt(await freeing(model, made), ({ top_k: topK, targets }) => ({ topK, targets }));
  },
  'text-classification': async (folder, options) => {
    const { model, forward } = await modelFromPretrained(folder, {
      families,
      head: 'sequence-classification',
    });
    const made = textClassification({ ...options, model: network(model, forward) });
    return adapt(
      await freeing(model, made),
      ({ top_k: topK = null, function_to_apply: functionToApply }) => ({ topK, functionToApply }),
    );
  },
  'token-classification': async (folder, options) => {
    const { model, forward } = await modelFromPretrained(folder, {
      families,
      head: 'token-classification',
    });
    const made = tokenClassification({ ...options, model: network(model, forward) });
    return adapt(
      await freeing(model, made),
      ({ aggregation_strategy: aggregationStrategy = 'simple', ignore_labels: ignoreLabels }) => ({
        aggregationStrategy,
        ignoreLabels,
      }),
    );
  },
  'replaced-token-detection': async (folder, options) => {
    const loaded = await modelFromPretrained(folder, { families });
    const { config, params } = loaded.model;
    const tokenLogits = (given: Params, inputs: TokenBatch): tf.Tensor2D | tf.Tensor3D => {
      // ELECTRA's own head gives [B, S], a head of two labels [B, S, 2]
      const { logits } = loaded.forward(given, inputs) as { logits: tf.Tensor2D | tf.Tensor3D };
      return logits;
    };
    const made = detectReplaced({ ...options, model: { config, params, tokenLogits } });
    return adapt(await freeing(loaded.model, made), () => ({}));
  },
  'feature-extraction': async (folder, options) => {
    const { model, forward } = await modelFromPretrained(folder, { families, head: 'base' });
    const made = featureExtraction({ ...options, model: network(model, forward) });
    return adapt(await freeing(model, made), ({ pooling, normalize }) => ({ pooling, normalize }));
  },
};

/** A model as pipelines take it; its function has the config in it already. */
function network<Outputs>(
  { config, params }: { readonly config: ModelConfig; readonly params: Params },
  forward: (params: Params, inputs: TokenBatch) => Outputs,
): Network<ModelConfig, Outputs> {
  return { config, params, forward: (given, _config, inputs) => forward(given, inputs) };
}

/** The engine has its own copy of the weights. */
async function freeing<T>(model: { dispose(): void }, made: Promise<T>): Promise<T> {
  try {
    return await made;
  } finally {
    model.dispose();
  }
}

/** Options under our names; what is undefined is left out, because pipelines check names. */
function adapt<Input, Options extends object, Answer>(
  pipeline: Pipeline<Input, Options, Answer>,
  optionsOf: (parameters: TaskParameters) => object,
): TaskPipeline {
  return {
    engine: pipeline.engine,
    prepare(input, parameters) {
      const truncation = parameters.truncate;
      const given = Object.entries({ ...optionsOf(parameters), truncation });
      const options = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      // the task's HTTP schema has seen both
      return pipeline.prepare(input as Input, options as Options);
    },
    run: (requests) => pipeline.run(requests as readonly Request<Answer>[]),
    warmUp: () => pipeline.warmUp(),
  };
}
