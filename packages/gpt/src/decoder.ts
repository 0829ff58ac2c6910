// The transformer of GPT (Radford et al. 2018, https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf):
// causal attention, a norm after each part, no segments. After Hugging Face's `modeling_openai.py`.
//
// Its linear maps are stored the other way round than elsewhere: `Conv1D` weights are `[in, out]`.
//
// Shapes: B batch, S sequence, H hidden (`nEmbd`), P positions of the table.

import {
  type AttentionWeights,
  activation,
  type CallOptions,
  causalBias,
  dropout,
  embedding,
  layerNorm,
  normLayout,
  type ParameterLayout,
  type Params,
  parameter,
  selfAttention,
  type TokenBatch,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { GptActivation, GptConfig } from './config.js';

/** Word table below the body's prefix; the language model multiplies by it again. */
export const WORD_EMBEDDINGS = 'tokens_embed.weight';
const POSITIONS = 'positions_embed.weight';

const ACTIVATIONS: Readonly<Record<GptActivation, string>> = {
  gelu: 'gelu_new',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

/** Tables and layers, in state-dict order; `prefix` is '' or 'transformer.'. */
export function decoderLayout(config: GptConfig, prefix: string): ParameterLayout {
  const { nEmbd: H } = config;
  const parts: ParameterLayout[] = [
    { [prefix + WORD_EMBEDDINGS]: { shape: [config.vocabSize, H], init: 'normal' } },
    { [prefix + POSITIONS]: { shape: [config.nPositions, H], init: 'position' } },
  ];
  for (let depth = 0; depth < config.nLayer; depth++) {
    const layer = `${prefix}h.${depth}`;
    parts.push(
      conv1dLayout(`${layer}.attn.c_attn`, H, 3 * H),
      conv1dLayout(`${layer}.attn.c_proj`, H, H),
      normLayout(`${layer}.ln_1`, H),
      conv1dLayout(`${layer}.mlp.c_fc`, H, 4 * H),
      conv1dLayout(`${layer}.mlp.c_proj`, 4 * H, H),
      normLayout(`${layer}.ln_2`, H),
    );
  }
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/**
 * Hidden states of every position, `[B * S, H]`; rows at padding are meaningless. The caller disposes. Segments
 * (`tokenTypeIds`) are not read: GPT has none.
 *
 * @throws RangeError for sequences longer than `nPositions` and for missing parameters
 */
export function decode(
  params: Params,
  config: GptConfig,
  prefix: string,
  batch: TokenBatch,
  options: CallOptions = {},
): tf.Tensor2D {
  return tf.tidy(() => {
    let x = embed(params, config, prefix, batch, options);
    const bias = causalBias(batch.attentionMask);
    for (let depth = 0; depth < config.nLayer; depth++)
      x = applyLayer(params, config, `${prefix}h.${depth}`, x, bias, options);
    return x;
  });
}

/** Word and position of every token, `[B * S, H]`. */
function embed(
  params: Params,
  config: GptConfig,
  prefix: string,
  { inputIds }: TokenBatch,
  options: CallOptions,
): tf.Tensor2D {
  const words = parameter<tf.Tensor2D>(params, prefix + WORD_EMBEDDINGS);
  const positions = parameter<tf.Tensor2D>(params, prefix + POSITIONS);
  const [B, S] = inputIds.shape;
  const [P, H] = positions.shape;
  if (S > P)
    throw new RangeError(
      `gpt: cannot embed sequences of ${S} tokens: the model has ${P} positions.\n` +
        `Truncate to ${P} tokens, or raise n_positions of a new model.`,
    );
  const word = tf.reshape(embedding(words, tf.reshape(inputIds, [B * S])), [B, S, H]);
  const position = S === P ? positions : tf.slice(positions, [0, 0], [S, H]);
  const summed = tf.reshape<tf.Rank.R2>(tf.add(word, position), [B * S, H]);
  return dropout(summed, config.embdPdrop, options.dropout, `${prefix}drop`);
}

/** x ← LN(x + attention(x)), x ← LN(x + ffn(x)): `[B * S, H]` → `[B * S, H]`. */
function applyLayer(
  params: Params,
  config: GptConfig,
  layer: string,
  x: tf.Tensor2D,
  bias: tf.Tensor4D,
  { dropout: key }: CallOptions,
): tf.Tensor2D {
  const { nHead, attnPdrop, residPdrop, layerNormEpsilon } = config;
  return tf.tidy(() => {
    const context = selfAttention(packAttention(params, `${layer}.attn.c_attn`, nHead), x, {
      batchSize: bias.shape[0],
      bias,
      dropout: { rate: attnPdrop, key, stream: `${layer}.attn` },
    });
    const projected = conv1d(params, `${layer}.attn.c_proj`, context);
    const attended = dropout(projected, residPdrop, key, `${layer}.attn.resid`);
    const y = layerNorm(
      params,
      `${layer}.ln_1`,
      tf.add<tf.Tensor2D>(x, attended),
      layerNormEpsilon,
    );

    const inner = conv1d(params, `${layer}.mlp.c_fc`, y); // [B S, 4 H]
    const outer = conv1d(params, `${layer}.mlp.c_proj`, activation(ACTIVATIONS[config.afn], inner));
    const fed = dropout(outer, residPdrop, key, `${layer}.mlp.resid`);
    return layerNorm(params, `${layer}.ln_2`, tf.add<tf.Tensor2D>(y, fed), layerNormEpsilon);
  });
}

/** Query (scaled), key and value as `selfAttention` takes them, `[3 H, H]`. */
function packAttention(params: Params, name: string, heads: number): AttentionWeights {
  const weight = parameter<tf.Tensor2D>(params, `${name}.weight`);
  const bias = parameter<tf.Tensor1D>(params, `${name}.bias`);
  const [H] = weight.shape;
  const scale = 1 / Math.sqrt(H / heads);
  const scaled = <T extends tf.Tensor>(packed: T, axis: number): T => {
    const [query, rest] = tf.split<T>(packed, [H, 2 * H], axis);
    return tf.concat<T>([tf.mul<T>(query, scale), rest], axis);
  };
  return { weight: tf.transpose(scaled(weight, 1)), bias: scaled(bias, 0), heads };
}

/** x W + b: `[N, in]` → `[N, out]`, with `${name}.weight` `[in, out]`. */
function conv1d(params: Params, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const weight = parameter<tf.Tensor2D>(params, `${name}.weight`);
  return tf.add<tf.Tensor2D>(tf.matMul(x, weight), parameter(params, `${name}.bias`));
}

function conv1dLayout(name: string, inputs: number, outputs: number): ParameterLayout {
  return {
    [`${name}.weight`]: { shape: [inputs, outputs], init: 'linear', transposed: true },
    [`${name}.bias`]: { shape: [outputs], init: 'zeros' },
  };
}
