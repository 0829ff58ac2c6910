// What the model of a finished run says of examples that it was not evaluated on: test sets, the diagnostic set.

import { join } from 'node:path';
import {
  chooseWidths,
  encodeExamples,
  type GlueExample,
  type GlueTask,
  predictStep,
} from '@alectra/glue';
import type { EngineName } from '@alectra/jit';
import { loadFinetuned } from './classifier.js';
import { frozenRows } from './frozen-rows.js';
import { readResult } from './run-store.js';
import { UsageError } from './usage-error.js';

/** Rows that are computed together. */
const BATCH = 32;

/**
 * Logits or scores of every example, in the order given.
 *
 * @param folder of a finished run of the task, or of MNLI for the diagnostic set
 * @throws UsageError if the run is not finished or of another task
 */
export async function predictRun(
  folder: string,
  task: GlueTask,
  examples: readonly GlueExample[],
  { engine, threads }: { readonly engine: EngineName | 'auto'; readonly threads: number },
): Promise<number[][]> {
  const result = await readResult(folder);
  const trained = task.name === 'ax' ? 'mnli' : task.name;
  if (result?.task !== trained)
    throw new UsageError(
      `evaluate: ${folder} cannot answer ${task.title}: found ${result ? `a run of ${result.task}` : 'no finished run'}, expected one of ${trained}.\n` +
        'Name the folder of a run, such as runs/glue/x/MNLI/seed-1.',
    );
  const { maxLength, scoreScale } = result.plan;
  const { encoder, parameters, tokenizer, config } = await loadFinetuned(join(folder, 'model'));
  const encoded = encodeExamples(tokenizer, examples, { maxLength });
  const widths = chooseWidths(
    encoded.map(({ ids }) => ids.length),
    { widest: config.maxPositionEmbeddings },
  );
  const predict = predictStep({ encoder, scoreScale, isRegression: task.isRegression });
  const rows = await frozenRows(
    (params, batch) => predict({ parameters: params }, { batch }).outputs.logits,
    parameters,
    { batchSize: BATCH, widths, padId: config.padTokenId, engine, threads },
  );
  try {
    const { data, size } = await rows.of(encoded);
    return encoded.map((_, row) => Array.from(data.subarray(row * size, (row + 1) * size)));
  } finally {
    rows.dispose();
  }
}
