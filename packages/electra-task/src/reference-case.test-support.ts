// The fixture of tools/reference/electra_losses.py, and the task that it was computed for.

import { readFileSync } from 'node:fs';
import {
  albertConfigFromJson,
  albertMaskedLM,
  albertTokenClassifier,
  encode,
} from '@alectra/albert';
import type { HostTensor } from '@alectra/nn';
import { type ElectraTask, electraTask } from './electra-task.js';
import { type HeadName, withHead } from './heads.js';
import { TIE_PARTS, type Tying } from './tying.js';

type Values = Record<string, number[]>;
export interface Case {
  readonly head: HeadName;
  readonly tied: string[];
  readonly batch: Values;
  readonly shapes: Record<string, number[]>;
  readonly generatorWeights: Values;
  readonly discriminatorWeights: Values;
  readonly generatorGradients: Values;
  readonly discriminatorGradients: Values;
  readonly total: number;
  readonly generatorLoss: number;
  readonly discriminatorLoss: number;
  readonly score: number[];
  readonly labels: number[];
  readonly exampleLoss: number;
  readonly generatorCorrect: number;
  readonly sampledCorrect: number;
  readonly replaced: number;
  readonly calledReplaced: number;
  readonly truePositives: number;
}

interface Fixture {
  readonly sizes: Record<string, unknown> & { batch: [number, number, number] };
  readonly cases: Case[];
  /** Total, generator and discriminator loss of every step on the first case, by optimizer. */
  readonly trajectories: { adamw: number[][]; lamb: number[][] };
}

// written by tools/reference/electra_losses.py
export const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../fixtures/losses.json', import.meta.url), 'utf8'),
) as Fixture;
const { batch, ...sizes } = fixture.sizes;
/** B, S, K. */
export const shape: readonly [number, number, number] = batch;

const generatorConfig = albertConfigFromJson({
  ...sizes,
  num_hidden_layers: 2,
  num_attention_heads: 1,
});
const discriminatorConfig = albertConfigFromJson({
  ...sizes,
  num_hidden_layers: 3,
  num_attention_heads: 2,
});

export function taskOf(c: Case): ElectraTask<HostTensor> {
  const weights = (values: Values): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(values).map(([name, x]) => [
        name,
        { dtype: 'float32', shape: c.shapes[name], data: Float32Array.from(x) },
      ]),
    );
  const tie = {
    mode: 'share',
    ...Object.fromEntries(TIE_PARTS.map((part) => [part, c.tied.includes(part)])),
  } as Tying;
  return electraTask({
    generator: albertMaskedLM(generatorConfig),
    discriminator:
      c.head === 'linear2'
        ? albertTokenClassifier(discriminatorConfig)
        : withHead(
            (params, inputs, options) =>
              encode(params, discriminatorConfig, 'albert.', inputs, options),
            c.head,
          ),
    generatorWeights: weights(c.generatorWeights),
    discriminatorWeights: weights(c.discriminatorWeights),
    tokens: { vocabSize: 60, mask: 4, neverMasked: [2, 3, 4] },
    settings: { tie },
  });
}
