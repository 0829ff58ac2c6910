// Every parameter of ALBERT: name, shape and first values, in the order of Hugging Face's state dict.
//
// Names come from transformers 5 (reference: its `state_dict()`); linear weights are [out, in].

import { linearLayout, normLayout, type ParameterLayout, tokenEmbeddingsLayout } from '@alectra/nn';
import type { AlbertConfig } from './config.js';

/** Word table, which the masked-LM head multiplies by again. */
export const WORD_EMBEDDINGS = 'embeddings.word_embeddings.weight';

/** Prefix of one layer's parameters, below the body's prefix. */
export function layerName(group: number, inner: number): string {
  return `encoder.albert_layer_groups.${group}.albert_layers.${inner}`;
}

/** Embeddings and encoder; `prefix` is '' or 'albert.'. */
export function bodyLayout(config: AlbertConfig, prefix: string): ParameterLayout {
  const { embeddingSize: E, hiddenSize: H, intermediateSize: F } = config;
  const parts = [
    tokenEmbeddingsLayout('embeddings', E, config),
    linearLayout('encoder.embedding_hidden_mapping_in', E, H, 'glorot'),
  ];
  for (let group = 0; group < config.numHiddenGroups; group++) {
    for (let inner = 0; inner < config.innerGroupNum; inner++) {
      const layer = layerName(group, inner);
      parts.push(
        normLayout(`${layer}.full_layer_layer_norm`, H),
        ...['query', 'key', 'value', 'dense'].map((part) =>
          linearLayout(`${layer}.attention.${part}`, H, H),
        ),
        normLayout(`${layer}.attention.LayerNorm`, H),
        linearLayout(`${layer}.ffn`, H, F),
        linearLayout(`${layer}.ffn_output`, F, H),
      );
    }
  }
  return Object.fromEntries(
    parts.flatMap((part) => Object.entries(part).map(([name, shape]) => [prefix + name, shape])),
  );
}
