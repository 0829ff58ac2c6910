// What a model that no longer changes says of each example: a row of numbers.

import {
  CACHED_TOKENS,
  type EncodedExample,
  evaluationBatches,
  fittingBatches,
  type Params,
  type TokenBatch,
} from '@alectra/glue';
import { compile, type EngineName } from '@alectra/jit';
import type { HostTensors } from '@alectra/trainer';
import type * as tf from '@tensorflow/tfjs-core';
import { type BatchLayout, TOKEN_SHAPES, tokensOf } from './held-out.js';

export interface FrozenRows {
  /** `[N, X]`, rows in the order of the examples. */
  of(examples: readonly EncodedExample[]): Promise<{ data: Float32Array; size: number }>;
  dispose(): void;
}

export interface FrozenRowsOptions extends Omit<BatchLayout, 'isRegression'> {
  readonly engine: EngineName | 'auto';
  /** 0 leaves it to the engine. */
  readonly threads: number;
}

/** @param rowsOf traced: parameters and a batch → `[B, X]` */
export async function frozenRows(
  rowsOf: (parameters: Params, batch: TokenBatch) => tf.Tensor2D,
  parameters: HostTensors,
  { engine, threads, ...batches }: FrozenRowsOptions,
): Promise<FrozenRows> {
  const layout = { ...batches, isRegression: false }; // there are no labels
  const { batchSize, widths } = layout;
  const step = (state: Params, { batch }: { readonly batch: TokenBatch }) => ({
    outputs: { rows: rowsOf(state, batch) },
  });
  const cut = { batchSize, widths, tokens: CACHED_TOKENS };
  const program = await compile(step, {
    ...{ state: parameters, inputs: { batch: TOKEN_SHAPES }, engine, frozen: true },
    ...(threads > 0 && { threads }),
  });
  return {
    async of(examples) {
      const places = new Map(examples.map((example, place) => [example, place]));
      let data = new Float32Array();
      let size = 0;
      const batchesOf = program.anySize ? fittingBatches : evaluationBatches;
      for (const batch of batchesOf(examples, cut)) {
        const { rows } = await program.run({ batch: tokensOf(batch, layout) });
        size = rows.shape[1];
        if (data.length === 0) data = new Float32Array(examples.length * size);
        for (const [row, example] of batch.examples.entries())
          data.set(
            rows.data.subarray(row * size, (row + 1) * size),
            (places.get(example) as number) * size, // every example came from the list
          );
      }
      return { data, size };
    },
    dispose: () => program.dispose(),
  };
}
