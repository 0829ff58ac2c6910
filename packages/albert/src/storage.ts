// ALBERT in Hugging Face model folders.

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
import { type AlbertConfig, albertConfigFromJson, albertConfigToJson } from './config.js';

/** Poolers that heads without one find in files written by the code of 2020. */
const UNUSED: readonly RegExp[] = [/(^|\.)pooler\.(weight|bias)$/];

export const albertStorage: ModelStorage<AlbertConfig, ResolveOptions> = {
  async load(name, { prefix, tied, layout, allowMismatch }, source) {
    const folder = await openModelFolder(await resolveModel(name, source));
    try {
      const config = albertConfigFromJson(folder.config);
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
      config: albertConfigToJson(config, architecture),
      weights: Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
      ),
      files,
    }),
};
