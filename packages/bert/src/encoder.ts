// The encoder of BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805), which ELECTRA shares: every layer has
// weights of its own; ELECTRA's tables may be narrower than the layers.
//
// Shapes: B batch, S sequence, E embedding, H hidden.

import {
  applyTransformerLayer,
  attentionBias,
  type EncodeOptions,
  linear,
  linearLayout,
  normLayout,
  type ParameterLayout,
  type Params,
  type TokenBatch,
  tokenEmbeddings,
  tokenEmbeddingsLayout,
  transformerLayer,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from './config.js';

/** Word table below the body's prefix; masked-LM heads multiply by it again. */
export const WORD_EMBEDDINGS = 'embeddings.word_embeddings.weight';

/** What the encoder reads of a BERT's or an ELECTRA's config. */
export type EncoderConfig = BertConfig & { readonly embeddingSize?: number };

/** Embeddings and layers, in state-dict order; `prefix` is '', 'bert.' or 'electra.'. */
export function encoderLayout(config: EncoderConfig, prefix: string): ParameterLayout {
  const { hiddenSize: H, intermediateSize: F, embeddingSize: E = H } = config;
  const parts = [tokenEmbeddingsLayout(`${prefix}embeddings`, E, config)];
  if (E !== H) parts.push(linearLayout(`${prefix}embeddings_project`, E, H, 'glorot'));
  for (let depth = 0; depth < config.numHiddenLayers; depth++) {
    const layer = `${prefix}encoder.layer.${depth}`;
    parts.push(
      ...['query', 'key', 'value'].map((part) =>
        linearLayout(`${layer}.attention.self.${part}`, H, H),
      ),
      linearLayout(`${layer}.attention.output.dense`, H, H),
      normLayout(`${layer}.attention.output.LayerNorm`, H),
      linearLayout(`${layer}.intermediate.dense`, H, F),
      linearLayout(`${layer}.output.dense`, F, H),
      normLayout(`${layer}.output.LayerNorm`, H),
    );
  }
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/**
 * Hidden states of every position, `[B * S, H]`; rows at padding are meaningless. Or those of every sequence's first
 * position, `[B, H]`. The caller disposes.
 *
 * @throws RangeError for sequences longer than `maxPositionEmbeddings` and for missing parameters
 */
export function encode(
  params: Params,
  config: EncoderConfig,
  prefix: string,
  batch: TokenBatch,
  { positions = 'all', ...options }: EncodeOptions = {},
): tf.Tensor2D {
  const { hiddenSize, embeddingSize = hiddenSize } = config;
  return tf.tidy(() => {
    const embedded = tokenEmbeddings(params, `${prefix}embeddings`, batch, {
      ...options,
      epsilon: config.layerNormEps,
      dropoutRate: config.hiddenDropoutProb,
      padTokenId: config.padTokenId,
    });
    let x =
      embeddingSize === hiddenSize
        ? embedded
        : linear(params, `${prefix}embeddings_project`, embedded); // [B S, H]
    const bias = attentionBias(batch.attentionMask, options.sees);
    for (let depth = 0; depth < config.numHiddenLayers; depth++) {
      const name = `${prefix}encoder.layer.${depth}`;
      const layer = transformerLayer(params, layerNames(name), config.numAttentionHeads);
      x = applyTransformerLayer(params, layer, x, {
        ...(depth === config.numHiddenLayers - 1 && { positions }),
        dropout: options.dropout,
        batchSize: batch.inputIds.shape[0],
        attentionBias: bias,
        hiddenAct: config.hiddenAct,
        epsilon: config.layerNormEps,
        attentionDropout: config.attentionProbsDropoutProb,
        attentionOutputDropout: config.hiddenDropoutProb,
        feedForwardDropout: config.hiddenDropoutProb,
        stream: name,
      });
    }
    return x;
  });
}

/** The rate before classification layers. */
export function classifierDropout(config: EncoderConfig): number {
  return config.classifierDropout ?? config.hiddenDropoutProb;
}

function layerNames(layer: string) {
  return {
    attention: `${layer}.attention.self`,
    attentionOutput: `${layer}.attention.output.dense`,
    attentionNorm: `${layer}.attention.output.LayerNorm`,
    feedForward: `${layer}.intermediate.dense`,
    feedForwardOutput: `${layer}.output.dense`,
    feedForwardNorm: `${layer}.output.LayerNorm`,
  };
}
