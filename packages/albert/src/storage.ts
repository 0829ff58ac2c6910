// ALBERT in Hugging Face model folders.

import {
  fromHostTensor,
  loadWeights,
  openModelFolder,
  toHostTensor,
  writeModelFolder,
} from '@alectra/checkpoint';
import type { HostTensor, HostTensors, ModelStorage } from '@alectra/nn';
import { type AlbertConfig, albertConfigFromJson, albertConfigToJson } from './config.js';

/** Poolers that heads without one find in files written by the code of 2020. */
const UNUSED: readonly RegExp[] = [/(^|\.)pooler\.(weight|bias)$/];

export const albertStorage: ModelStorage<AlbertConfig> = {
  async load(path, { prefix, tied, layout, allowMismatch }) {
    const folder = await openModelFolder(path);
    try {
      const config = albertConfigFromJson(folder.config);
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
      config: albertConfigToJson(config, architecture),
      weights: Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
      ),
      files,
    }),
};
