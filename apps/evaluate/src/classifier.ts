// A model folder as a sentence classifier: the encoder's weights, and a fresh head for the task's labels.
//
// A pretraining checkpoint has no head for the task, and the head of another task must not be taken for one: the head
// is always drawn anew, from the seed, and so is a pooler that the folder lacks.

import { albertModels } from '@alectra/albert';
import { bertModels, ElectraGoogleClassifier, electraModels } from '@alectra/bert';
import { modelFromPretrained, type PretrainedOptions, pickModelClass } from '@alectra/checkpoint';
import {
  type FeatureEncoder,
  type GlueTask,
  type Recipe,
  type SentenceEncoder,
  sentenceFeatures,
} from '@alectra/glue';
import type { HostTensors, Model, ModelClass } from '@alectra/nn';
import type { HostTensors as RunTensors } from '@alectra/trainer';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs-core';
import { UsageError } from './usage-error.js';

const FAMILIES = [albertModels, bertModels, electraModels] as const;

/** What is read of a config here; the rest is the family's business. */
interface EncoderConfig {
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  readonly numHiddenLayers: number;
  /** ALBERT: sets of weights. */
  readonly numHiddenGroups?: number;
  readonly padTokenId: number;
  readonly initializerRange: number;
  readonly numLabels: number;
}

type Classifier = ModelClass<EncoderConfig, { readonly logits: tf.Tensor2D }, PretrainedOptions>;

/** An encoder that was loaded once, and becomes a classifier for every task and seed. */
export interface LoadedEncoder {
  /** Path or name on the hub, as it was given. */
  readonly name: string;
  readonly modelType: string;
  readonly tokenizer: WordPieceTokenizer;
  readonly config: EncoderConfig;
  /** Layers with weights of their own, for layer-wise decay. */
  readonly layers: number;
  /** By name below the body's prefix. */
  readonly body: HostTensors;
  /** Parts of the encoder that the folder lacks. */
  readonly missing: readonly string[];
}

/**
 * @param name folder or name on the hub
 * @throws CheckpointError, UsageError for a tokenizer that does not belong to the weights
 */
export async function loadEncoder(name: string, source: PretrainedOptions): Promise<LoadedEncoder> {
  const { model, modelType, path } = await modelFromPretrained(name, {
    families: FAMILIES,
    head: 'base',
    ...source,
  });
  try {
    const { params, loading } = model as Model<EncoderConfig, unknown>;
    const config = model.config as EncoderConfig; // every encoder of the families has these fields
    const tokenizer = await WordPieceTokenizer.fromPretrained(path);
    if (tokenizer.vocabSize > config.vocabSize)
      throw new UsageError(
        `evaluate: the tokenizer of ${name} is not the model's: found ${tokenizer.vocabSize} tokens, ` +
          `expected at most the ${config.vocabSize} of config.json.\n` +
          'Put the vocab.txt of the pretraining run beside the weights.',
      );
    const body = await hostTensors(params);
    for (const name of loading.missing) delete body[name];
    return {
      ...{ name, modelType, tokenizer, config, body, missing: loading.missing },
      layers: config.numHiddenGroups ?? config.numHiddenLayers,
    };
  } finally {
    model.dispose();
  }
}

/** A classifier that was fine-tuned and saved, with its head. */
export interface FinetunedClassifier {
  readonly encoder: SentenceEncoder;
  readonly parameters: HostTensors;
  readonly tokenizer: WordPieceTokenizer;
  readonly config: EncoderConfig;
}

/** @param folder as `TaskClassifier.save` wrote it */
export async function loadFinetuned(folder: string): Promise<FinetunedClassifier> {
  const { model, forward, path } = await modelFromPretrained(folder, {
    families: FAMILIES,
    head: 'sequence-classification',
  });
  try {
    if (model.loading.missing.length > 0)
      throw new UsageError(
        `evaluate: ${folder} is no fine-tuned classifier: it has no ${model.loading.missing.join(', ')}.\n` +
          'Give the model folder of a finished run.',
      );
    const parameters = await hostTensors(model.params);
    const tokenizer = await WordPieceTokenizer.fromPretrained(path);
    const encoder: SentenceEncoder = {
      logits: (params, inputs, options) => forward(params, inputs, options).logits,
    };
    return { encoder, parameters, tokenizer, config: model.config };
  } finally {
    model.dispose();
  }
}

async function hostTensors(params: Readonly<Record<string, tf.Tensor>>): Promise<HostTensors> {
  const tensors: HostTensors = {};
  for (const [name, tensor] of Object.entries(params)) {
    const data = Float32Array.from(await tensor.data<'float32'>());
    tensors[name] = { dtype: 'float32', shape: tensor.shape, data };
  }
  return tensors;
}

/** The classifier of one task. */
export interface TaskClassifier {
  readonly encoder: SentenceEncoder;
  /** First weights for a seed: the encoder's, or random ones, under a fresh head. */
  initial(options: { readonly seed: number; readonly fromScratch: boolean }): RunTensors;
  /** Writes a Hugging Face folder with the tokenizer and the names of the labels. */
  save(folder: string, weights: RunTensors): Promise<void>;
}

export function classifierFor(
  loaded: LoadedEncoder,
  { labels, isRegression }: Pick<GlueTask, 'labels' | 'isRegression'>,
  head: Recipe['head'],
): TaskClassifier {
  const kind = classOf(loaded, head);
  const names = isRegression ? ['LABEL_0'] : labels;
  const config = {
    ...loaded.config,
    numLabels: names.length,
    id2label: Object.fromEntries(names.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(names.map((label, id) => [label, id])),
    problemType: isRegression ? 'regression' : 'single_label_classification',
  };
  return {
    encoder: {
      logits: (params, inputs, options) => kind.forward(params, config, inputs, options).logits,
    },
    initial({ seed, fromScratch }) {
      const tensors = kind.initialTensors(config, { seed });
      if (fromScratch) return tensors;
      for (const name of Object.keys(tensors)) {
        const found = loaded.body[name.slice(name.indexOf('.') + 1)];
        if (found && !isHead(name, loaded)) tensors[name] = found;
      }
      return tensors;
    },
    async save(folder, weights) {
      // a run's parameters are those of `initial`, and so float32
      const model = kind.fromTensors(config, weights as HostTensors);
      try {
        await model.savePretrained(folder);
      } finally {
        model.dispose();
      }
      await loaded.tokenizer.save(folder);
    },
  };
}

type Body = ModelClass<EncoderConfig, { readonly lastHiddenState: tf.Tensor3D }, PretrainedOptions>;

/** The encoder without a head, for features of sentences. */
export function featureNetwork(
  { modelType, name, config, body }: LoadedEncoder,
  { fromScratch }: { readonly fromScratch: boolean },
): { readonly encoder: FeatureEncoder; readonly parameters: HostTensors } {
  const { kind } = pickModelClass(
    { model_type: modelType },
    { families: FAMILIES, head: 'base' },
    name,
  );
  const network = kind as unknown as Body; // as in classOf
  const random = network.initialTensors(config, { seed: 1 });
  return {
    parameters: fromScratch ? random : { ...random, ...body },
    encoder: {
      features: (params, inputs) =>
        tf.tidy(() => {
          const { lastHiddenState } = network.forward(params, config, inputs);
          return sentenceFeatures(lastHiddenState, inputs.attentionMask);
        }),
    },
  };
}

/** Names of the body begin with the family's prefix; `classifier.dense.weight` does not. */
function isHead(name: string, { modelType }: LoadedEncoder): boolean {
  return !name.startsWith(`${modelType}.`);
}

function classOf({ modelType, name }: LoadedEncoder, head: Recipe['head']): Classifier {
  const kind =
    modelType === 'electra' && head === 'google'
      ? ElectraGoogleClassifier
      : pickModelClass(
          { model_type: modelType },
          { families: FAMILIES, head: 'sequence-classification' },
          name,
        ).kind;
  // A union of classes, each for its own config: the config comes from the same family, which types cannot say.
  return kind as unknown as Classifier;
}
