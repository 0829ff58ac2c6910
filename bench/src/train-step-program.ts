// The measured train step, put together as a user would: two ALBERTs, the task, AdamW with clip.

import {
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { electraTask } from '@alectra/electra-task';
import type { HostTensor, Step, TensorSpec, Tree } from '@alectra/jit';
import { hostRandomBits, type Params, type TokenBatch } from '@alectra/nn';
import { adamw, globalNormScale, type OptimizerState } from '@alectra/optim';
import type * as tf from '@tensorflow/tfjs-core';
import { TRAIN_STEP } from './train-step-shape.js';

const { batch: B, length: S, slots, vocabulary, embedding, layers } = TRAIN_STEP;
const [CLS, SEP, MASK] = [101, 102, 103];
const MAX_NORM = 1;

type Sizes = { readonly hidden: number; readonly heads: number; readonly intermediate: number };
const config = ({ hidden, heads, intermediate }: Sizes) =>
  albertConfig({
    vocabSize: vocabulary,
    embeddingSize: embedding,
    hiddenSize: hidden,
    numHiddenLayers: layers,
    numAttentionHeads: heads,
    intermediateSize: intermediate,
    maxPositionEmbeddings: S,
    hiddenDropoutProb: 0,
    attentionProbsDropoutProb: 0,
    classifierDropoutProb: 0,
  });

const generatorConfig = config(TRAIN_STEP.generator);
const discriminatorConfig = config(TRAIN_STEP.discriminator);
const task = electraTask({
  generator: albertMaskedLM(generatorConfig),
  discriminator: albertTokenClassifier(discriminatorConfig),
  generatorWeights: initAlbertForMaskedLM(generatorConfig, 0),
  discriminatorWeights: initAlbertForTokenClassification(discriminatorConfig, 1),
  tokens: { vocabSize: vocabulary, mask: MASK, neverMasked: [CLS, SEP, MASK] },
  // as in the PyTorch peer: 19 of 128 positions, always [MASK], norms of their own
  settings: {
    maskSlots: slots,
    maskTokenProbability: 1,
    tie: {
      mode: 'share',
      word: true,
      position: true,
      segment: true,
      norm: false,
      projection: false,
      encoder: false,
    },
  },
});
const optimizer = adamw();

interface State {
  readonly parameters: Params;
  readonly optimizer: OptimizerState;
}

interface Inputs extends TokenBatch {
  readonly seed: tf.Scalar;
  readonly counter: tf.Scalar;
  readonly learningRate: tf.Scalar;
}

/** Weights and zero moments, as host tensors. */
export function initialState(): Tree<HostTensor> {
  const zeros = (prefix: string) =>
    Object.fromEntries(
      Object.entries(task.params).map(([name, { shape, data }]) => [
        `${prefix}.${name}`,
        { dtype: 'float32' as const, shape, data: new Float32Array(data.length) },
      ]),
    );
  return { parameters: task.params, optimizer: { ...zeros('m'), ...zeros('v') } };
}

export function inputSpecs(): Record<string, TensorSpec> {
  const ids: TensorSpec = { dtype: 'int32', shape: [B, S] };
  const int: TensorSpec = { dtype: 'int32', shape: [] };
  return {
    inputIds: ids,
    attentionMask: ids,
    tokenTypeIds: ids,
    seed: int,
    counter: int,
    learningRate: { dtype: 'float32', shape: [] },
  };
}

/** Forward, backward, clip and update. */
export const trainStep: Step = (state, inputs) => {
  // the trees given to compile above
  const { parameters, optimizer: moments } = state as unknown as State;
  const { seed, counter, learningRate, ...batch } = inputs as unknown as Inputs;
  const { result, gradients } = task.lossAndGradients(parameters, batch, {
    training: true,
    key: { seed, counter },
  });
  const { scale } = globalNormScale(gradients, MAX_NORM);
  const next = optimizer.update(parameters, gradients, moments, {
    learningRate,
    step: counter,
    gradientScale: scale,
  });
  return {
    state: { parameters: next.params, optimizer: next.state },
    outputs: { loss: result.loss },
  };
};

/** One batch of full rows, the same every time. */
export function randomBatch(): Record<string, Int32Array> {
  const ids = hostRandomBits(7, 0, 'bench', B * S).map(
    (bits) => 1000 + (bits % (vocabulary - 1000)),
  );
  return {
    inputIds: ids,
    attentionMask: new Int32Array(B * S).fill(1),
    tokenTypeIds: new Int32Array(B * S),
  };
}
