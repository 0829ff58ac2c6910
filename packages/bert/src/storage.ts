// BERT and ELECTRA in Hugging Face model folders.

import {
  fromHostTensor,
  loadWeights,
  openModelFolder,
  type ResolveOptions,
  resolveModel,
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

export const bertStorage: ModelStorage<BertConfig, ResolveOptions> = folders(
  bertConfigFromJson,
  bertConfigToJson,
);

export const electraStorage: ModelStorage<ElectraConfig, ResolveOptions> = folders(
  electraConfigFromJson,
  electraConfigToJson,
);

function folders<Config>(
  configFromJson: (json: unknown) => Config,
  configToJson: (config: Config, architecture: string) => Record<string, unknown>,
): ModelStorage<Config, ResolveOptions> {
  return {
    async load(name, { prefix, tied, layout, allowMismatch }, source) {
      const folder = await openModelFolder(await resolveModel(name, source));
      try {
        const config = configFromJson(folder.config);
        const shapes = Object.fromEntries(
          Object.entries(layout(config)).map(([key, { shape }]) => [key, shape]),
        );
        const model = { shapes, prefix, tied, ignored: UNUSED };
        const found = await loadWeights(folder.weights, model, { allowMismatch });
        const tensors: HostTensors = {};
        for (const [key, tensor] of Object.entries(found.weights))
          tensors[key] = toHostTensor(tensor, key) as HostTensor; // other dtypes are refused later
        return {
          config,
          tensors,
          missing: [...found.missing, ...found.mismatched.map((mismatch) => mismatch.name)],
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
