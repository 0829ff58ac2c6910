// The measured train step, put together as a user would: two ALBERTs, the task, AdamW with clip.

import {
  type AlbertConfig,
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { electraTask } from '@alectra/electra-task';
import type { HostTensor, Step, TensorSpec } from '@alectra/jit';
import { hostRandomBits, type Params, type TokenBatch } from '@alectra/nn';
import { adamw, globalNormScale, lossAndGradients, type OptimizerState } from '@alectra/optim';
import type * as tf from '@tensorflow/tfjs-core';
import { TRAIN_STEP, type TrainStepShape, type Width } from './train-step-shape.js';

const [CLS, SEP, MASK] = [101, 102, 103];
const FIRST_WORD = 110;
const MAX_NORM = 1;

interface State {
  readonly parameters: Params;
  readonly optimizer: OptimizerState;
}

interface Inputs extends TokenBatch {
  readonly seed: tf.Scalar;
  readonly counter: tf.Scalar;
  readonly learningRate: tf.Scalar;
  /** What the generator is taken to have guessed, int32 `[B, K]`; the step draws it when left out. */
  readonly sampled?: tf.Tensor2D;
}

export interface TrainStepProgram {
  /** Weights and zero moments, as host tensors. */
  initialState(): Record<'parameters' | 'optimizer', Record<string, HostTensor>>;
  /** `sampled` adds the input of that name. */
  inputSpecs(options?: { readonly sampled?: boolean }): Record<string, TensorSpec>;
  /** Forward, backward, clip and update; `sampled` and `loss` come out. */
  readonly trainStep: Step;
  /** Full rows of random words, all of them for the same `seed`. */
  randomBatch(seed?: number): Record<string, Int32Array>;
}

/** The step of one size; dropout is 0. */
export function trainStepProgram(shape: TrainStepShape = TRAIN_STEP): TrainStepProgram {
  const { batch: B, length: S, slots, vocabulary } = shape;
  const task = taskOf(shape);
  const optimizer = adamw();
  const trainStep: Step = (state, inputs) => {
    // the trees given to compile
    const { parameters, optimizer: moments } = state as unknown as State;
    const { seed, counter, learningRate, sampled, ...batch } = inputs as unknown as Inputs;
    const { result, gradients } = lossAndGradients(parameters, (params) =>
      task.loss(params, batch, {
        training: true,
        key: { seed, counter },
        ...(sampled && { given: { sampled } }),
      }),
    );
    const { scale } = globalNormScale(gradients, MAX_NORM);
    const next = optimizer.update(parameters, gradients, moments, {
      learningRate,
      step: counter,
      gradientScale: scale,
    });
    return {
      state: { parameters: next.params, optimizer: next.state },
      outputs: { loss: result.loss, sampled: result.perSlot.sampled },
    };
  };

  return {
    trainStep,
    initialState: () => {
      const zeros = (prefix: string) =>
        Object.entries(task.params).map(([name, { shape: axes, data }]): [string, HostTensor] => [
          `${prefix}.${name}`,
          { dtype: 'float32', shape: axes, data: new Float32Array(data.length) },
        ]);
      const optimizerState = Object.fromEntries([...zeros('m'), ...zeros('v')]);
      return { parameters: task.params, optimizer: optimizerState };
    },
    inputSpecs: ({ sampled = false } = {}) => {
      const ids: TensorSpec = { dtype: 'int32', shape: [B, S] };
      const int: TensorSpec = { dtype: 'int32', shape: [] };
      return {
        inputIds: ids,
        attentionMask: ids,
        tokenTypeIds: ids,
        seed: int,
        counter: int,
        learningRate: { dtype: 'float32', shape: [] },
        ...(sampled && { sampled: { dtype: 'int32', shape: [B, slots] } }),
      };
    },
    randomBatch: (seed = 7) => ({
      inputIds: hostRandomBits(seed, 0, 'bench', B * S).map(
        (bits) => FIRST_WORD + (bits % (vocabulary - FIRST_WORD)),
      ),
      attentionMask: new Int32Array(B * S).fill(1),
      tokenTypeIds: new Int32Array(B * S),
    }),
  };
}

function taskOf(shape: TrainStepShape) {
  const generatorConfig = configOf(shape, shape.generator);
  const discriminatorConfig = configOf(shape, shape.discriminator);
  return electraTask({
    generator: albertMaskedLM(generatorConfig),
    discriminator: albertTokenClassifier(discriminatorConfig),
    generatorWeights: initAlbertForMaskedLM(generatorConfig, 0),
    discriminatorWeights: initAlbertForTokenClassification(discriminatorConfig, 1),
    tokens: { vocabSize: shape.vocabulary, mask: MASK, neverMasked: [CLS, SEP, MASK] },
    // as in the PyTorch peer: always [MASK], norms of their own
    settings: {
      maskSlots: shape.slots,
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
}

function configOf(
  { vocabulary, embedding, layers, length }: TrainStepShape,
  { hidden, heads, intermediate }: Width,
): AlbertConfig {
  return albertConfig({
    vocabSize: vocabulary,
    embeddingSize: embedding,
    hiddenSize: hidden,
    numHiddenLayers: layers,
    numAttentionHeads: heads,
    intermediateSize: intermediate,
    maxPositionEmbeddings: length,
    hiddenDropoutProb: 0,
    attentionProbsDropoutProb: 0,
    classifierDropoutProb: 0,
  });
}
