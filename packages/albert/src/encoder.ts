// The ALBERT encoder (Lan et al. 2019, https://arxiv.org/abs/1909.11942).
//
// Depth is repetition: a group's weights are applied several times, so its attention weights are packed once.
// Dropout stands where Hugging Face has it: embeddings, attention probabilities, attention output; none after the
// feed-forward part (its 2020 code declared one and never called it, and the released weights were trained so).
//
// Shapes: B batch, S sequence, E embedding, H hidden.

import {
  applyTransformerLayer,
  attentionBias,
  type EncodeOptions,
  linear,
  type Params,
  type TokenBatch,
  type TransformerLayer,
  type TransformerLayerNames,
  tokenEmbeddings,
  transformerLayer,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { AlbertConfig } from './config.js';
import { layerName } from './parameters.js';

/**
 * Hidden states of every position, `[B * S, H]`; rows at padding are meaningless. Or those of every sequence's first
 * position, `[B, H]`. The caller disposes.
 *
 * @param prefix of the body's parameters: '' for a bare model, 'albert.' below a head
 * @throws RangeError for sequences longer than `maxPositionEmbeddings` and for missing parameters
 */
export function encode(
  params: Params,
  config: AlbertConfig,
  prefix: string,
  batch: TokenBatch,
  { positions = 'all', ...options }: EncodeOptions = {},
): tf.Tensor2D {
  const { numHiddenLayers, numHiddenGroups, innerGroupNum } = config;
  return tf.tidy(() => {
    const embedded = tokenEmbeddings(params, `${prefix}embeddings`, batch, {
      ...options,
      epsilon: config.layerNormEps,
      dropoutRate: config.hiddenDropoutProb,
      padTokenId: config.padTokenId,
    });
    const bias = attentionBias(batch.attentionMask, options.sees);
    const groups = Array.from({ length: numHiddenGroups }, (_, group) =>
      Array.from({ length: innerGroupNum }, (_, inner) =>
        packLayer(params, config, prefix + layerName(group, inner)),
      ),
    );
    let x = linear(params, `${prefix}encoder.embedding_hidden_mapping_in`, embedded); // [B S, H]
    for (let depth = 0; depth < numHiddenLayers; depth++) {
      const group = Math.trunc(depth / (numHiddenLayers / numHiddenGroups));
      for (const [inner, layer] of groups[group].entries()) {
        const isLast = depth === numHiddenLayers - 1 && inner === innerGroupNum - 1;
        x = applyTransformerLayer(params, layer, x, {
          ...(isLast && { positions }),
          dropout: options.dropout,
          batchSize: batch.inputIds.shape[0],
          attentionBias: bias,
          hiddenAct: config.hiddenAct,
          epsilon: config.layerNormEps,
          attentionDropout: config.attentionProbsDropoutProb,
          attentionOutputDropout:
            config.attentionOutputDropout === 'attention'
              ? config.attentionProbsDropoutProb
              : config.hiddenDropoutProb,
          feedForwardDropout: 0,
          stream: `${prefix}encoder.${depth}.${inner}`,
        });
      }
    }
    return x;
  });
}

function packLayer(params: Params, config: AlbertConfig, layer: string): TransformerLayer {
  const names: TransformerLayerNames = {
    attention: `${layer}.attention`,
    attentionOutput: `${layer}.attention.dense`,
    attentionNorm: `${layer}.attention.LayerNorm`,
    feedForward: `${layer}.ffn`,
    feedForwardOutput: `${layer}.ffn_output`,
    feedForwardNorm: `${layer}.full_layer_layer_norm`,
  };
  return transformerLayer(params, names, config.numAttentionHeads);
}
