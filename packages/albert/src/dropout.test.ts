// Dropout: where it happens, from which streams, and that engines agree on it.

import { compile, type HostTensor } from '@alectra/jit';
import {
  hostRandomBits,
  type Params,
  type RandomKey,
  randomBits,
  registerKernels,
  type TokenBatch,
} from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type AlbertConfig, albertConfig } from './config.js';
import { AlbertForTokenClassification } from './models.js';
import { B, batch, inputIds, S, SIZES as TINY } from './tiny-batch.test-support.js';

const SIZES = { ...TINY, embeddingSize: 4 };
const config = albertConfig(SIZES);

tf.env().set('IS_TEST', true);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
});

describe('dropout', () => {
  const dropping = albertConfig({
    ...SIZES,
    hiddenDropoutProb: 0.3,
    attentionProbsDropoutProb: 0.3,
    classifierDropoutProb: 0.3,
  });
  const { params } = AlbertForTokenClassification.init(dropping, { seed: 1 });
  const run = (given: AlbertConfig, counter?: number): number[] => {
    const key = (n: number) => ({
      seed: tf.scalar(1, 'int32'),
      counter: tf.scalar(n, 'int32'),
    });
    const options = counter === undefined ? {} : { dropout: key(counter) };
    return [
      ...AlbertForTokenClassification.forward(params, given, batch, options).logits.dataSync(),
    ];
  };

  test('happens with a key only, and is the same for the same key', () => {
    expect(run(dropping)).toEqual(run(config));
    expect(run(dropping, 1)).toEqual(run(dropping, 1));
    expect(run(dropping, 1)).not.toEqual(run(dropping));
    expect(run(dropping, 1)).not.toEqual(run(dropping, 2));
  });

  test('comes from integers that onnxruntime draws bit for bit', async () => {
    const scalar = { shape: [], dtype: 'int32' } as const;
    const program = await compile(
      (_: object, key: RandomKey) => ({ outputs: randomBits(key, 'layer', [7, 143]) }),
      {
        state: {},
        inputs: { seed: scalar, counter: scalar },
        engine: 'onnxruntime',
        threads: 1,
      },
    );
    for (const [seed, counter] of [
      [0, 0],
      [2 ** 31 - 1, 499_999],
      [-5, 3],
    ]) {
      const { data } = (await program.run({ seed, counter })) as HostTensor;
      expect([...data]).toEqual([...hostRandomBits(seed, counter, 'layer', 1001)]);
    }
    program.dispose();
  });

  test('is the same on onnxruntime', async () => {
    const spec = { shape: [B, S], dtype: 'int32' } as const;
    const scalar = { shape: [], dtype: 'int32' } as const;
    const program = await compile(
      (given: Params, { seed, counter, ...inputs }: TokenBatch & RandomKey) => ({
        outputs: AlbertForTokenClassification.forward(given, dropping, inputs, {
          dropout: { seed, counter },
        }).logits,
      }),
      {
        state: params,
        inputs: {
          inputIds: spec,
          attentionMask: spec,
          tokenTypeIds: spec,
          seed: scalar,
          counter: scalar,
        },
        engine: 'onnxruntime',
        threads: 1,
      },
    );
    for (const counter of [1, 2]) {
      const logits = await program.run({
        inputIds: inputIds.dataSync<'int32'>(),
        attentionMask: new Int32Array(B * S).fill(1),
        tokenTypeIds: new Int32Array(B * S),
        seed: 1,
        counter,
      });
      const expected = run(dropping, counter);
      const { data } = logits as HostTensor;
      expect(data.length).toBe(expected.length);
      for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 5);
    }
    program.dispose();
  });

  test('on the attention output takes the rate that the config names', () => {
    const rates = (values: Partial<AlbertConfig>): number[] =>
      run(albertConfig({ ...SIZES, classifierDropoutProb: 0, ...values }), 1);
    const attentionOnly = { attentionProbsDropoutProb: 0.5, hiddenDropoutProb: 0 };
    expect(rates({ ...attentionOnly, attentionOutputDropout: 'attention' })).not.toEqual(
      rates(attentionOnly),
    );
    const hiddenOnly = { attentionProbsDropoutProb: 0, hiddenDropoutProb: 0.5 };
    expect(rates({ ...hiddenOnly, attentionOutputDropout: 'attention' })).not.toEqual(
      rates(hiddenOnly),
    );
  });

  test('draws from a stream of its own in every place and application of the shared layer', async () => {
    const streams: unknown[] = [];
    tf.registerBackend('spy', tf.findBackendFactory('cpu'));
    tf.copyRegisteredKernels('cpu', 'spy');
    const original = tf.getKernel('RandomBits', 'spy').kernelFunc;
    tf.unregisterKernel('RandomBits', 'spy');
    tf.registerKernel({
      kernelName: 'RandomBits',
      backendName: 'spy',
      kernelFunc: (call) => {
        streams.push(call.attrs?.stream);
        return original(call);
      },
    });
    await tf.setBackend('spy');
    run(dropping, 1);
    await tf.setBackend('cpu');
    // embeddings, classifier, and probabilities and output of each of two layers
    expect(streams.length).toBe(6);
    expect(new Set(streams).size).toBe(6);
  });
});
