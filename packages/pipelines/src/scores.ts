// Logits to scores, on the host: for few labels a graph is not worth it.

/** The values themselves, logits or hidden states. @throws Error if one is no finite number */
export function finite<T extends Float32Array | Int32Array>(values: T): T {
  for (const value of values) {
    if (Number.isFinite(value)) continue;
    throw new Error(
      `pipelines: the model gave no number as a score (${value}).\nIts weights are damaged or overflow: load them again.`,
    );
  }
  return values;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Probabilities of one set of logits. */
export function softmax(logits: ArrayLike<number>): Float32Array {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) most = Math.max(most, logits[at]);
  const result = Float32Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = result.reduce((total, value) => total + value, 0);
  return result.map((value) => value / sum);
}
