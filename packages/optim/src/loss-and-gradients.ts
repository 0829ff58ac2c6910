// Loss and gradients by parameter name, with everything else that the loss function computed.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from './optimizer.js';

/** What a loss function returns: records of tensors, among them the loss. */
export type LossResult = { readonly loss: tf.Scalar; readonly [key: string]: TensorTree };
export type TensorTree = tf.Tensor | { readonly [key: string]: TensorTree };

export interface LossAndGradients<R> {
  readonly result: R;
  /** By the names of the parameters, float32 and of their shapes. */
  readonly gradients: Record<string, tf.Tensor>;
}

/**
 * Runs `loss` under the gradient tape. The caller disposes result and gradients.
 *
 * @throws Error if TensorFlow.js was loaded without gradients; RangeError if a parameter has no part in the loss
 */
export function lossAndGradients<R extends LossResult>(
  params: Tensors,
  loss: (params: Tensors) => R,
): LossAndGradients<R> {
  if (tf.getGradient('Sum') === undefined)
    throw new Error(
      'optim: TensorFlow.js has no gradients: found none for "Sum", expected all of them.\n' +
        "Import '@tensorflow/tfjs' once where the program starts.",
    );
  const names = Object.keys(params);
  const { result, grads } = underTape(
    () => loss(params),
    names.map((name) => params[name]),
  );
  const idle = names.filter((_, i) => !grads[i]);
  if (idle.length > 0) {
    tf.dispose([result, grads.filter(Boolean)]);
    throw new RangeError(
      `optim: no gradient for ${idle.length} parameters: found no part in the loss for ` +
        `${idle.slice(0, 3).join(', ')}, expected one for every parameter.\n` +
        'Leave tensors that are not trained (a pooler) out of the weights.',
    );
  }
  return { result, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]])) };
}

/** Unlike `tf.grads`, gives back all that `compute` returns, and no error for a tensor without a gradient. */
function underTape<R extends LossResult>(
  compute: () => R,
  values: tf.Tensor[],
): { result: R; grads: tf.Tensor[] } {
  return tf.tidy(() => {
    let kept: R | undefined;
    const { grads } = tf.engine().gradients(
      () => {
        kept = compute();
        // The tape closes a scope of its own, which would dispose of everything but the loss.
        mapTensors(kept, tf.keep);
        return kept.loss;
      },
      values,
      undefined,
      true,
    );
    // Clones belong to the scope around us, as results should.
    const result = mapTensors(kept as R, tf.clone);
    tf.dispose(kept as tf.TensorContainer);
    return { result, grads };
  });
}

function mapTensors<T extends TensorTree>(tree: T, each: (tensor: tf.Tensor) => tf.Tensor): T {
  // T is either a tensor or a record: both keep their shape here, which the compiler cannot follow.
  if (tree instanceof tf.Tensor) return each(tree) as T;
  const entries = Object.entries(tree as Readonly<Record<string, TensorTree>>);
  return Object.fromEntries(entries.map(([key, value]) => [key, mapTensors(value, each)])) as T;
}
