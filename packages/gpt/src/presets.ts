// Known GPTs as data.

import { type GptConfig, gptConfig } from './config.js';

export type GptPreset = 'openai-gpt';

/** The config of that name, with changes applied: `openai-gpt` is the model of 2018, 116,534,784 parameters. */
export function gptPreset(name: GptPreset, changes: Partial<GptConfig> = {}): GptConfig {
  if (name === 'openai-gpt') return gptConfig(changes);
  throw new RangeError(
    `gpt: no preset '${String(name)}': expected openai-gpt.\n` +
      'Use gptConfig({ ... }) for sizes of your own.',
  );
}
