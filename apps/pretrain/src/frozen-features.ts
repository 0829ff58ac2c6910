// Features of sentences from a frozen encoder, compiled.
//
// Shapes: N examples, B batch, S sequence, H hidden.

import {
  batchTensors,
  type EncodedExample,
  evaluationBatches,
  sentenceFeatures,
} from '@alectra/glue';
import { compile, type HostTensor } from '@alectra/jit';
import type { TokenBatch } from '@alectra/nn';
import type { HostTensors } from '@alectra/trainer';
import * as tf from '@tensorflow/tfjs-core';
import type { Encode } from './families.js';
import type { Recipe } from './recipe.js';

const BATCH = 32;

export interface FrozenFeatures {
  /** `[N, 2 H]`, row-major, in the order of the examples. */
  of(examples: readonly EncodedExample[]): Promise<Float32Array>;
  /** Other weights of the same names and shapes. */
  update(weights: HostTensors): Promise<void>;
  dispose(): void;
}

/**
 * Compiles `encode`; the caller disposes.
 *
 * @param width S, at least the length of the longest example
 */
export async function frozenFeatures(
  encode: Encode,
  weights: HostTensors,
  width: number,
  { engine, threads }: Pick<Recipe, 'engine' | 'threads'>,
): Promise<FrozenFeatures> {
  const ids = { dtype: 'int32', shape: [BATCH, width] } as const;
  const program = await compile(
    (parameters, { batch }) => {
      const tokens = batch as unknown as TokenBatch; // the inputs below
      const rows = encode(parameters as Readonly<Record<string, tf.Tensor>>, tokens); // [B S, H]
      const hidden = tf.reshape<tf.Rank.R3>(rows, [BATCH, width, rows.shape[1]]);
      return { outputs: { features: sentenceFeatures(hidden, tokens.attentionMask) } };
    },
    {
      ...{ state: { ...weights }, engine },
      inputs: { batch: { inputIds: ids, attentionMask: ids, tokenTypeIds: ids } },
      ...(threads > 0 && { threads }),
    },
  );
  return {
    async of(examples) {
      const place = new Map(examples.map((example, at) => [example, at]));
      let found = new Float32Array();
      for (const batch of evaluationBatches(examples, { batchSize: BATCH, widths: [width] })) {
        const { inputIds, attentionMask, tokenTypeIds } = batchTensors(batch, {
          padId: 0, // masked, whatever the id
          isRegression: false,
        });
        const outputs = await program.run({ batch: { inputIds, attentionMask, tokenTypeIds } });
        const { data, shape } = (outputs as { features: HostTensor }).features;
        const size = Number(shape[1]);
        if (found.length === 0) found = new Float32Array(examples.length * size);
        for (const [row, example] of batch.examples.entries())
          found.set(data.subarray(row * size, (row + 1) * size), Number(place.get(example)) * size);
      }
      return found;
    },
    update: (other) => program.writeState({ ...other }),
    dispose: () => program.dispose(),
  };
}
