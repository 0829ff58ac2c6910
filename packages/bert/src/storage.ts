// BERT and ELECTRA in Hugging Face model folders.

import {
  fromHostTensor,
  loadWeights,
  openModelFolder,
  toHostTensor,
  writeModelFolder,
} from '@alectra/checkpoint';
import type { HostTensor, HostTensors, ModelStorage } from '@alectra/nn';
import {
  type BertConfig,
  bertConfigFromJson,
  bertConfigToJson,
  type ElectraConfig,
  electraConfigFromJson,
  electraConfigToJson,
} from './config.js';

/** Heads and poolers of the pretraining classes, which files hold and other classes do not use. */
const UNUSED: readonly RegExp[] = [/(^|\.)pooler\.dense\.(weight|bias)$/];

export const bertStorage: ModelStorage<BertConfig> = folders(bertConfigFromJson, bertConfigToJson);

export const electraStorage: ModelStorage<ElectraConfig> = folders(
  electraConfigFromJson,
  electraConfigToJson,
);

function folders<Config>(
  configFromJson: (json: unknown) => Config,
  configToJson: (config: Config, architecture: string) => Record<string, unknown>,
): ModelStorage<Config> {
  return {
    async load(path, { prefix, tied, layout, allowMismatch }) {
      const folder = await openModelFolder(path);
      try {
        const config = configFromJson(folder.config);
        const shapes = Object.fromEntries(
          Object.entries(layout(config)).map(([name, { shape }]) => [name, shape]),
        );
        const model = { shapes, prefix, tied, ignored: UNUSED };
        const found = await loadWeights(folder.weights, model, { allowMismatch });
        const tensors: HostTensors = {};
        for (const [name, tensor] of Object.entries(found.weights))
          tensors[name] = toHostTensor(tensor, name) as HostTensor; // a model's weights are floats
        return {
          config,
          tensors,
          missing: [...found.missing, ...found.mismatched.map(({ name }) => name)],
          unexpected: found.unexpected,
        };
      } finally {
        await folder.close();
      }
    },

    save: (path, { architecture, config, tensors, files }) =>
      writeModelFolder(path, {
        config: configToJson(config, architecture),
        weights: Object.fromEntries(
          Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
        ),
        files,
      }),
  };
}
