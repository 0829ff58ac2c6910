// The two heads that codes put on a discriminator, for any encoder.
//
//   linear2      dropout and one linear layer to two labels: Hugging Face's token classification, the 2020 ALECTRA
//   denseGelu1   dense, GELU, one logit, no dropout: google-research/electra, names of ElectraForPreTraining
//
// The losses are the same: a two-label softmax is a sigmoid of the difference of its logits.
//
// Shapes: B batch, S sequence, H hidden.

import {
  activation,
  type CallOptions,
  dropout,
  linear,
  type ParameterLayout,
  type Params,
  type TokenBatch,
} from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { Discriminator } from './models.js';

export type HeadName = 'linear2' | 'denseGelu1';

/** Hidden states `[B S, H]` or `[B, S, H]`. */
export type Encode = (
  params: Params,
  inputs: TokenBatch,
  options?: CallOptions,
) => tf.Tensor2D | tf.Tensor3D;

export interface HeadOptions {
  /** Dropout before `linear2`. */
  readonly dropoutRate?: number;
  /** Activation in `denseGelu1`, by Hugging Face's name. */
  readonly hiddenAct?: string;
}

const DENSE = 'discriminator_predictions.dense';
const OUTPUT = 'discriminator_predictions.dense_prediction';
const CLASSIFIER = 'classifier';

/**
 * A discriminator of `encode` with a head whose parameters stand in the same record.
 *
 * @throws RangeError for an unknown head
 */
export function withHead(
  encode: Encode,
  head: HeadName,
  { dropoutRate = 0.1, hiddenAct = 'gelu' }: HeadOptions = {},
): Discriminator {
  checkHead(head);
  return {
    tokenLogits: (params, inputs, options): tf.Tensor2D | tf.Tensor3D =>
      tf.tidy((): tf.Tensor2D | tf.Tensor3D => {
        const [B, S] = inputs.inputIds.shape;
        const hidden = encode(params, inputs, options);
        const rows = tf.reshape<tf.Rank.R2>(hidden, [B * S, hidden.shape[hidden.rank - 1]]);
        if (head === 'linear2') {
          const kept = dropout(rows, dropoutRate, options?.dropout, CLASSIFIER);
          return tf.reshape<tf.Rank.R3>(linear(params, CLASSIFIER, kept), [B, S, 2]);
        }
        const bent = activation(hiddenAct, linear(params, DENSE, rows));
        return tf.reshape<tf.Rank.R2>(linear(params, OUTPUT, bent), [B, S]);
      }),
  };
}

/**
 * Parameters of a head on hidden states of width `hiddenSize`, for `initialize` of `@alectra/nn`.
 *
 * @throws RangeError for an unknown head
 */
export function headLayout(head: HeadName, hiddenSize: number): ParameterLayout {
  checkHead(head);
  if (head === 'linear2') {
    return {
      [`${CLASSIFIER}.weight`]: { shape: [2, hiddenSize], init: 'linear' },
      [`${CLASSIFIER}.bias`]: { shape: [2], init: 'zeros' },
    };
  }
  return {
    [`${DENSE}.weight`]: { shape: [hiddenSize, hiddenSize], init: 'linear' },
    [`${DENSE}.bias`]: { shape: [hiddenSize], init: 'zeros' },
    [`${OUTPUT}.weight`]: { shape: [1, hiddenSize], init: 'glorot' }, // as Google's code
    [`${OUTPUT}.bias`]: { shape: [1], init: 'zeros' },
  };
}

function checkHead(head: HeadName): void {
  if (head === 'linear2' || head === 'denseGelu1') return;
  throw new RangeError(
    `electra-task: no head "${head}": expected "linear2" or "denseGelu1".\n` +
      'Pass a discriminator of your own for any other.',
  );
}
