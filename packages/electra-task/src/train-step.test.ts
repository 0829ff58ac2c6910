// One whole train step, traced, on both engines: task, clip and optimizer together.

import {
  albertConfig,
  albertMaskedLM,
  albertTokenClassifier,
  initAlbertForMaskedLM,
  initAlbertForTokenClassification,
} from '@alectra/albert';
import { compile, type HostTensor, type Step } from '@alectra/jit';
import { type Params, registerKernels, type TokenBatch } from '@alectra/nn';
import { adamw, globalNormScale, type Optimizer, type OptimizerState } from '@alectra/optim';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { electraTask } from './electra-task.js';
import { lossAndGradientsOf } from './gradients.test-support.js';
import { mlmTask } from './mlm-task.js';
import { onEngine, toyBatch } from './toy-models.test-support.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const [B, S] = [4, 16];
const sizes = albertConfig({
  vocabSize: 40,
  embeddingSize: 6,
  hiddenSize: 8,
  numAttentionHeads: 2,
  intermediateSize: 12,
  numHiddenLayers: 1,
  maxPositionEmbeddings: S,
  initializerRange: 0.2,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
});
const task = electraTask({
  generator: albertMaskedLM(sizes),
  discriminator: albertTokenClassifier(sizes),
  generatorWeights: initAlbertForMaskedLM(sizes, 1),
  discriminatorWeights: initAlbertForTokenClassification(sizes, 2),
  tokens: { vocabSize: 40, mask: 4, neverMasked: [2, 3, 4] },
});

interface State {
  readonly params: Params;
  readonly moments: OptimizerState;
}

function stepOf(optimizer: Optimizer): Step {
  return (state, inputs) => {
    // the trees given to compile below
    const { params, moments } = state as unknown as State;
    const x = inputs as unknown as TokenBatch & { seed: tf.Scalar; step: tf.Scalar };
    const { result, gradients } = lossAndGradientsOf(task, params, x, {
      training: true,
      key: { seed: x.seed, counter: x.step },
    });
    const { scale } = globalNormScale(gradients, 1);
    const next = optimizer.update(params, gradients, moments, {
      learningRate: tf.scalar(0.01),
      step: x.step,
      gradientScale: scale,
    });
    return {
      state: { params: next.params, moments: next.state },
      outputs: { loss: result.loss, ...result.perSlot, ...result.perToken },
    };
  };
}

async function oneStep(engine: 'eager' | 'onnxruntime', optimizer: Optimizer) {
  const zeros = Object.fromEntries(
    Object.entries(task.params).flatMap(([name, { shape, data }]) =>
      ['m', 'v'].map((moment) => [
        `${moment}.${name}`,
        { dtype: 'float32' as const, shape, data: new Float32Array(data.length) },
      ]),
    ),
  );
  const ids = { shape: [B, S], dtype: 'int32' as const };
  const scalar = { shape: [], dtype: 'int32' as const };
  const program = await compile(stepOf(optimizer), {
    engine,
    threads: 1,
    state: { params: task.params, moments: zeros },
    inputs: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids, seed: scalar, step: scalar },
  });
  const batch = toyBatch([16, 12, 5, 3], S);
  const outputs = (await program.run({
    inputIds: batch.inputIds.dataSync<'int32'>(),
    attentionMask: batch.attentionMask.dataSync<'int32'>(),
    tokenTypeIds: batch.tokenTypeIds.dataSync<'int32'>(),
    seed: 3,
    step: 1,
  })) as unknown as Record<string, HostTensor>;
  const { params } = (await program.readState()) as unknown as {
    params: Record<string, HostTensor>;
  };
  program.dispose();
  tf.dispose([batch.inputIds, batch.attentionMask, batch.tokenTypeIds]);
  return { outputs, params };
}

describe('a traced step', () => {
  const optimizer = adamw();

  test('changes every parameter, draws the same on both engines and ends at nearly the same weights', async () => {
    const eager = await oneStep('eager', optimizer);
    const graph = await oneStep('onnxruntime', optimizer);
    for (const name of ['positions', 'weights', 'targets', 'maskedIds', 'sampled', 'corruptedIds'])
      expect([name, ...graph.outputs[name].data]).toEqual([name, ...eager.outputs[name].data]);
    expect(graph.outputs.loss.data[0]).toBeCloseTo(eager.outputs.loss.data[0], 3);
    for (const [name, before] of Object.entries(task.params)) {
      const [a, b] = [eager.params[name].data, graph.params[name].data];
      expect([name, before.data.some((x, i) => x !== b[i])]).toEqual([name, true]);
      // The first step is a sign function of the gradient: where that is rounding noise, engines may differ by steps.
      const apart = before.data.filter((_x, i) => Math.abs(a[i] - b[i]) > 1e-4).length;
      expect([name, apart / before.data.length < 0.05]).toEqual([name, true]);
    }
  });
});

test('a generator of usual first weights starts within 0.1 of ln V', () => {
  tf.tidy(() => {
    const config = albertConfig({
      vocabSize: 500,
      embeddingSize: 128,
      hiddenSize: 64,
      numAttentionHeads: 1,
      intermediateSize: 64,
      numHiddenLayers: 1,
      maxPositionEmbeddings: S,
    });
    const { params, loss } = mlmTask({
      model: albertMaskedLM(config),
      weights: initAlbertForMaskedLM(config, 1),
      tokens: { vocabSize: 500, mask: 4, neverMasked: [2, 3, 4] },
    });
    const key = { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') };
    const first = loss(onEngine(params), toyBatch([16, 16, 16, 16], S), { training: false, key });
    expect(Math.abs(first.loss.dataSync()[0] - Math.log(500))).toBeLessThan(0.1);
  });
});
