// Weights of an earlier run as the first weights of a new one: optimizer, schedule and data begin anew.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor } from '@alectra/nn';
import { type HostTensors, lastGoodCheckpoint, readCheckpoint } from '@alectra/trainer';
import { UsageError } from './usage-error.js';

export interface WarmStart {
  readonly parameters: Record<string, HostTensor>;
  /** Parameters of the new run that the old one lacks, or has in another shape: they keep their random start. */
  readonly fresh: readonly string[];
  /** Parameters of the old run that the new one has no place for. */
  readonly unused: readonly string[];
}

/** The parameters of a run (its newest good checkpoint) or of one checkpoint folder. */
export async function readParameters(path: string): Promise<HostTensors> {
  if (existsSync(join(path, 'manifest.json'))) return (await readCheckpoint(path)).parameters;
  const checkpoints = join(path, 'checkpoints');
  const found = existsSync(checkpoints)
    ? (await lastGoodCheckpoint(checkpoints, { exact: true })).checkpoint
    : undefined;
  if (found) return found.parameters;
  throw new UsageError(
    `pretrain: there are no weights in ${path}: expected a run folder with checkpoints, or a checkpoint.\n` +
      'Check the path after --init-from.',
  );
}

/** `first` with every tensor replaced that `earlier` has under the same name and in the same shape. */
export function warmStart(
  first: Readonly<Record<string, HostTensor>>,
  earlier: HostTensors,
): WarmStart {
  const parameters: Record<string, HostTensor> = {};
  const fresh: string[] = [];
  for (const [name, tensor] of Object.entries(first)) {
    const found = earlier[name];
    const fits = found?.dtype === 'float32' && found.shape.join() === tensor.shape.join();
    if (!fits) fresh.push(name);
    parameters[name] = fits ? (found as HostTensor) : tensor;
  }
  const unused = Object.keys(earlier).filter((name) => !(name in first));
  if (fresh.length === Object.keys(first).length)
    throw new UsageError(
      'pretrain: no tensor of the earlier run fits this one: other sizes, or another vocabulary.\n' +
        'Give a run with the same networks, or begin without --init-from.',
    );
  return { parameters, fresh, unused };
}
