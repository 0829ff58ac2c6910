// What follows training: the exported model, and how the run ended.

import type { RunResult } from '@alectra/trainer';
import { exportModel } from './export-model.js';
import { parameterCounts } from './networks.js';
import type { Recipe } from './recipe.js';
import type { OpenRun } from './run-folder.js';

/** Exports the present parameters; returns the model folder. */
export async function finishRun(
  folder: string,
  recipe: Recipe,
  run: OpenRun,
  result: RunResult,
): Promise<string> {
  return exportModel(folder, run.networks, await run.trainer.parameters(), run.tokenizer, {
    recipe,
    step: result.step,
    // a run that was killed after its last checkpoint has no evaluation of this session
    evaluation: result.evaluation ?? (await run.trainer.evaluate()) ?? {},
    parameters: parameterCounts(run.networks),
  });
}
