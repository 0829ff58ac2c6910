// What a recipe would take, without writing anything into a run folder: sizes, memory, time.
//
// Time is measured: a few real steps on made-up tokens in a temporary folder, on the engine of the recipe.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostTensor } from '@alectra/jit';
import { type BatchSource, formatDuration, openTrainer } from '@alectra/trainer';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import { tokenInputs } from './data.js';
import { trainingTask } from './electra-run.js';
import { makeNetworks, parameterCounts } from './networks.js';
import type { Recipe } from './recipe.js';
import { optimizerOf } from './run-folder.js';

export interface Estimate {
  readonly parameters: { generator: number; discriminator: number; together: number };
  /** Parameters and optimizer state, in bytes; a checkpoint has this size. */
  readonly stateBytes: number;
  /** Resident memory of this process after the measured steps. */
  readonly residentBytes: number;
  readonly tokensPerStep: number;
  readonly totalTokens: number;
  readonly secondsPerStep: number;
  readonly totalSeconds: number;
}

/** Measures for about `seconds` after compiling. */
export async function dryRun(recipe: Recipe, seconds = 10): Promise<Estimate> {
  const { file, size: pieces } = recipe.vocabulary;
  const tokenizer =
    file === '' ? stubTokenizer(pieces) : WordPieceTokenizer.fromVocab(readFileSync(file));
  const networks = makeNetworks(recipe, tokenizer);
  const folder = await mkdtemp(join(tmpdir(), 'alectra-dry-run-'));
  const { microSize, size } = recipe.batch;
  const { sequenceLength } = recipe.data;
  try {
    const trainer = await openTrainer({
      folder,
      resume: 'never',
      task: trainingTask(networks),
      inputs: tokenInputs(microSize, sequenceLength),
      source: madeUpBatches(microSize, sequenceLength, tokenizer.vocabSize),
      tokensPerBatch: microSize * sequenceLength,
      parameters: () => networks.task.params,
      optimizer: optimizerOf(recipe),
      ...(recipe.optimizer.maxGradientNorm > 0 && {
        maxGradientNorm: recipe.optimizer.maxGradientNorm,
      }),
      accumulation: size / microSize,
      seed: recipe.seed,
      engine: recipe.engine,
      ...(recipe.precision && { precision: recipe.precision }),
      ...(recipe.threads > 0 && { threads: recipe.threads }),
    });
    try {
      const secondsPerStep = await trainer.measure(seconds);
      const parameters = parameterCounts(networks);
      const tokensPerStep = size * sequenceLength;
      const { steps } = recipe.schedule;
      return {
        parameters,
        stateBytes: 3 * 4 * parameters.together,
        residentBytes: process.memoryUsage.rss(),
        tokensPerStep,
        totalTokens: tokensPerStep * steps,
        secondsPerStep,
        totalSeconds: secondsPerStep * steps,
      };
    } finally {
      await trainer.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function formatEstimate(estimate: Estimate): string {
  const { parameters } = estimate;
  const grouped = (count: number): string => Math.round(count).toLocaleString('en-US');
  const mega = (bytes: number): string => `${grouped(bytes / 1e6)} MB`;
  return [
    `parameters   generator ${grouped(parameters.generator)}, discriminator ${grouped(parameters.discriminator)}, together ${grouped(parameters.together)}`,
    `checkpoint   ${mega(estimate.stateBytes)} (parameters and two moments)`,
    `memory       ${mega(estimate.residentBytes)} resident after some steps`,
    `a step       ${grouped(estimate.tokensPerStep)} token positions, ${estimate.secondsPerStep.toFixed(3)} s, ` +
      `${grouped(estimate.tokensPerStep / estimate.secondsPerStep)} positions/s`,
    `the run      ${grouped(estimate.totalTokens)} token positions, ${formatDuration(estimate.totalSeconds)} at this speed`,
  ].join('\n');
}

// Only the number of pieces and the special tokens matter here.
function stubTokenizer(size: number): WordPieceTokenizer {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const pieces = Array.from({ length: size - special.length }, (_, index) => `piece${index}`);
  return WordPieceTokenizer.fromVocab([...special, ...pieces]);
}

function madeUpBatches(rows: number, columns: number, vocabSize: number): BatchSource {
  let at = 0;
  const tensor = (value: (i: number) => number): HostTensor => ({
    dtype: 'int32',
    shape: [rows, columns],
    data: Int32Array.from({ length: rows * columns }, (_, i) => value(i)),
  });
  return {
    async next() {
      at++;
      return {
        inputIds: tensor((i) => 5 + ((i * 7919 + at * 104729) % (vocabSize - 5))),
        attentionMask: tensor(() => 1),
        tokenTypeIds: tensor(() => 0),
      };
    },
    state: () => at,
    seek(state) {
      at = Number(state);
    },
  };
}
