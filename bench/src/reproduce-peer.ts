// The reference of a comparison: tools/reference/electra_curves.py, a process that takes the steps it is given.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHostTensor, writeSafetensors } from '@alectra/checkpoint';
import type { HostTensor } from '@alectra/jit';
import type { Batch } from '@alectra/owt-loader';
import { startContestant } from './contestant.js';
import type { ReproducedTask } from './reproduce-networks.js';
import type { Draws, Losses } from './reproduce-step.js';

/** What the reference has to know besides weights and steps: reference.json. */
export interface Setup {
  readonly optimizer: 'adamw' | 'lamb';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly excludeFromDecay: readonly string[];
  /** 0 for no clipping. */
  readonly maxGradientNorm: number;
  readonly rows: number;
  readonly length: number;
  readonly slots: number;
}

export interface Reference {
  /** Versions of Python and its packages. */
  readonly versions: string;
  readonly parameters: number;
  step(batch: Batch, draws: Draws, learningRate: number): Promise<Losses>;
  /** Writes the weights into a folder, for `distances` of another. */
  save(folder: string): Promise<void>;
  distances(folder: string): Promise<Distances>;
  stop(): void;
}

/** ‖other - own‖ / ‖own - start‖ of the weights in a folder and a reference's own. */
export interface Distances {
  readonly all: number;
  /** By name, `generator.…` or `discriminator.…`. */
  readonly tensors: Readonly<Record<string, number>>;
}

/** How a reference differs from plain PyTorch in float32. */
export interface Variant {
  /** Relative change of each first weight: a control that shows how fast rounding grows. */
  readonly perturb?: number;
  /** Everything in float64: an arbiter. */
  readonly double?: boolean;
}

/** Starts a reference with the first weights of `reproduced`, which are written into `folder`. */
export async function startReference(
  folder: string,
  reproduced: ReproducedTask,
  setup: Setup,
  threads: number,
  { perturb = 0, double = false }: Variant = {},
): Promise<Reference> {
  const { task, generator, discriminator } = reproduced;
  const { tie, generatorWeight, discriminatorWeight } = task.settings;
  const { mode, ...parts } = tie;
  const isShared = (way: boolean | string): boolean => (way === true ? mode : way) === 'share';
  const tied = Object.keys(parts).filter((part) => isShared(tie[part as keyof typeof parts]));
  await writeWeights(folder, reproduced, task.params);
  await writeFile(
    join(folder, 'reference.json'),
    JSON.stringify({
      ...setup,
      generator,
      discriminator,
      tied,
      generatorWeight,
      discriminatorWeight,
    }),
  );
  const python = process.env.ALECTRA_PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('../../tools/reference/electra_curves.py', import.meta.url));
  const flags = ['--run', folder, '--threads', String(threads), '--perturb', String(perturb)];
  const command = [python, script, ...flags, ...(double ? ['--double'] : [])];
  const peer = await startContestant('the PyTorch reference', command).catch((cause: unknown) => {
    throw new RangeError(
      `reproduce: the PyTorch reference does not start: ${String(cause)}\n` +
        'Set ALECTRA_PYTHON to a Python with torch, transformers and safetensors (tools/reference/requirements.txt).',
    );
  });
  return {
    versions: String(peer.about.versions),
    parameters: Number(peer.about.parameters),
    async step({ inputIds, attentionMask, tokenTypeIds }, draws, learningRate) {
      const batch = {
        inputIds: [...inputIds],
        attentionMask: [...attentionMask],
        tokenTypeIds: [...tokenTypeIds],
      };
      const { losses } = await peer.ask({ ...batch, ...draws, learningRate });
      const [total, generatorLoss, discriminatorLoss] = losses as number[];
      return [Number(total), Number(generatorLoss), Number(discriminatorLoss)];
    },
    async save(to) {
      await peer.ask({ save: to });
    },
    async distances(other) {
      const { distance, tensors } = await peer.ask({ compare: other });
      return { all: Number(distance), tensors: tensors as Distances['tensors'] };
    },
    stop: () => peer.stop(),
  };
}

/** Each network under its own names, shared tensors in both files. */
export async function writeWeights(
  folder: string,
  { task }: ReproducedTask,
  parameters: Readonly<Record<string, HostTensor>>,
): Promise<void> {
  for (const [name, view] of [
    ['generator', task.generatorParams(parameters)],
    ['discriminator', task.discriminatorParams(parameters)],
  ] as const) {
    const tensors = Object.entries(view).map(([key, tensor]) => [key, fromHostTensor(tensor)]);
    await writeSafetensors(join(folder, `${name}.safetensors`), Object.fromEntries(tensors));
  }
}
