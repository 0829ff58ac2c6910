// What a model that no longer changes says of each example: a row of numbers. One program for each width of batch.

import {
  batchRows,
  CACHED_TOKENS,
  type EncodedExample,
  evaluationBatches,
  type Params,
  type TokenBatch,
} from '@alectra/glue';
import { compile, type EngineName, type HostTensor } from '@alectra/jit';
import type { HostTensors } from '@alectra/trainer';
import type * as tf from '@tensorflow/tfjs-core';
import { type BatchLayout, tokenShapes, tokensOf } from './held-out.js';

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
  const inputs = (width: number) => ({ batch: tokenShapes(batchRows(width, cut), width) });
  const main = await compile(step, {
    ...{ state: parameters, inputs: inputs(widths[0]), engine, frozen: true },
    ...(threads > 0 && { threads }),
  });
  const programs = new Map([[widths[0], main]]);
  return {
    async of(examples) {
      const places = new Map(examples.map((example, place) => [example, place]));
      let data = new Float32Array();
      let size = 0;
      for (const batch of evaluationBatches(examples, cut)) {
        const { width } = batch;
        const program =
          programs.get(width) ?? (await main.compile(step, { inputs: inputs(width) }));
        programs.set(width, program);
        const { rows } = (await program.run({ batch: tokensOf(batch, layout) })) as {
          rows: HostTensor;
        };
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
    dispose: () => main.dispose(),
  };
}
