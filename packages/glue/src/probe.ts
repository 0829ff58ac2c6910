// Probing: a linear classifier or regression on frozen features, for what an encoder knows without being tuned.
//
// Features are standardised; the loss is convex, so that its minimum is the encoder's and not the optimizer's. It is
// found in double precision on the host: seconds per task.
//
// Shapes: N examples, H features, L outputs (classes, or 1 for a score).

import { minimise, type Objective } from './lbfgs.js';

export interface ProbeOptions {
  /** Number of classes; 0 for a score. */
  readonly classes: number;
  /** Weight of half the squared norm of the coefficients; default 1e-3. */
  readonly penalty?: number;
  /** Most iterations; default 200. */
  readonly iterations?: number;
}

export interface Probe {
  /** Logits or scores, one row for each example; `features` is `[N, H]`, row-major. */
  predict(features: Float32Array): number[][];
}

/**
 * Fits a probe.
 *
 * @param features `[N, H]`, row-major
 * @param labels N classes or scores
 * @throws RangeError if features and labels do not fit together, a class is not one, or a feature is not finite
 */
export function fitProbe(
  features: Float32Array,
  labels: readonly number[],
  { classes, penalty = 1e-3, iterations = 200 }: ProbeOptions,
): Probe {
  const N = labels.length;
  const H = features.length / N;
  if (!(N > 0 && Number.isInteger(H)))
    throw new RangeError(
      `glue: cannot fit a probe: found ${features.length} feature values for ${N} labels, expected as many for each.\n` +
        'Give features [N, H] in rows, and one label for each row.',
    );
  const isClass = (label: number): boolean =>
    Number.isInteger(label) && label >= 0 && label < classes;
  const wrong = labels.find((label) => classes > 0 && !isClass(label));
  if (wrong !== undefined)
    throw new RangeError(
      `glue: cannot fit a probe: found the class ${wrong}, expected 0 to ${classes - 1}.\nTake the labels of the task.`,
    );
  const strange = features.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0)
    throw new RangeError(
      `glue: cannot fit a probe: found the feature ${features[strange]} of example ${Math.floor(strange / H)}, expected finite numbers.\n` +
        'The encoder diverged in training: take an earlier checkpoint.',
    );
  const scale = standardisation(features, N, H);
  const x = scale(features);
  const L = Math.max(1, classes);
  const objective: Objective = (theta) =>
    lossAndGradient(x, labels, theta, { H, L, isRegression: classes === 0, penalty });
  const theta = minimise(objective, new Float64Array(L * (H + 1)), iterations);
  return { predict: (given) => outputs(scale(given), theta, H, L) };
}

/** Subtracts the mean and divides by the deviation of the training features. */
function standardisation(
  features: Float32Array,
  N: number,
  H: number,
): (given: Float32Array) => Float64Array {
  const mean = new Float64Array(H);
  const square = new Float64Array(H);
  for (let i = 0; i < features.length; i++) {
    mean[i % H] += features[i] / N;
    square[i % H] += features[i] ** 2 / N;
  }
  const deviation = square.map((value, h) => Math.sqrt(Math.max(0, value - mean[h] ** 2)) || 1);
  return (given) =>
    Float64Array.from(given, (value, i) => (value - mean[i % H]) / deviation[i % H]);
}

/** `[N][L]`; the last coefficient of each output is its bias. */
function outputs(x: Float64Array, theta: Float64Array, H: number, L: number): number[][] {
  return Array.from({ length: x.length / H }, (_, n) =>
    Array.from({ length: L }, (_, l) => {
      let sum = theta[l * (H + 1) + H];
      for (let h = 0; h < H; h++) sum += theta[l * (H + 1) + h] * x[n * H + h];
      return sum;
    }),
  );
}

function lossAndGradient(
  x: Float64Array,
  labels: readonly number[],
  theta: Float64Array,
  { H, L, isRegression, penalty }: { H: number; L: number; isRegression: boolean; penalty: number },
): { value: number; gradient: Float64Array } {
  const N = labels.length;
  const gradient = new Float64Array(theta.length);
  let value = 0;
  for (const [n, row] of outputs(x, theta, H, L).entries()) {
    let errors: number[];
    if (isRegression) {
      errors = [row[0] - labels[n]];
      value += errors[0] ** 2 / 2 / N;
    } else {
      const largest = Math.max(...row);
      const logSum = largest + Math.log(row.reduce((sum, z) => sum + Math.exp(z - largest), 0));
      errors = row.map((z, l) => Math.exp(z - logSum) - (l === labels[n] ? 1 : 0));
      value += (logSum - row[labels[n]]) / N;
    }
    for (let l = 0; l < L; l++) {
      const error = errors[l] / N;
      const start = l * (H + 1);
      for (let h = 0; h < H; h++) gradient[start + h] += error * x[n * H + h];
      gradient[start + H] += error;
    }
  }
  for (let i = 0; i < theta.length; i++) {
    if (i % (H + 1) === H) continue; // biases go free
    value += (penalty / 2) * theta[i] ** 2;
    gradient[i] += penalty * theta[i];
  }
  return { value, gradient };
}
