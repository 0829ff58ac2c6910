// Loss and gradients of a task, in one call.

import type { Params, TokenBatch } from '@alectra/nn';
import { type LossAndGradients, type LossResult, lossAndGradients } from '@alectra/optim';
import type { LossOptions } from './draws.js';

export function lossAndGradientsOf<R extends LossResult>(
  task: { loss(params: Params, batch: TokenBatch, options: LossOptions): R },
  params: Params,
  batch: TokenBatch,
  options: LossOptions,
): LossAndGradients<R> {
  return lossAndGradients(params, (values) => task.loss(values, batch, options));
}
