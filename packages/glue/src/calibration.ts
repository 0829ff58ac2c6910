// Does a model know when it is right? Its confidence beside its accuracy, in bins of confidence.
//
// Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 2: expected and maximum calibration error.
//
// Shapes: N examples, C classes, in one flat array, row by row.

export interface CalibrationBin {
  /** Confidences over `from`, up to and including `to`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence and share of right answers; NaN in an empty bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Mean gap between confidence and accuracy, bins weighted by their examples. */
  readonly expectedError: number;
  /** The largest gap of a bin. */
  readonly maximumError: number;
  readonly bins: readonly CalibrationBin[];
}

/**
 * @param probabilities `[N, C]` flat, each row summing to 1
 * @param labels `[N]` classes
 * @param bins of equal width
 * @throws RangeError if there is no example, or the probabilities are not as many for each
 */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): Calibration {
  const classes = probabilities.length / labels.length;
  if (!Number.isInteger(classes))
    throw new RangeError(
      `glue: calibration: found ${probabilities.length} probabilities for ${labels.length} labels, expected as many for each.\n` +
        'Give probabilities [N, C] in rows, and one label for each row.',
    );
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < labels.length; i++) {
    const best = argmax(probabilities, i * classes, classes);
    const confidence = probabilities[i * classes + best] ?? 0;
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))];
    if (!bin) continue;
    bin.count++;
    bin.confidence += confidence;
    if (best === labels[i]) bin.right++;
  }
  const gaps = sums.map(({ confidence, right }) => Math.abs(confidence - right));
  return {
    expectedError: gaps.reduce((sum, gap) => sum + gap, 0) / labels.length,
    maximumError: Math.max(...sums.map(({ count }, b) => (count > 0 ? (gaps[b] ?? 0) / count : 0))),
    bins: sums.map(({ count, confidence, right }, b) => ({
      from: b / bins,
      to: (b + 1) / bins,
      count,
      confidence: confidence / count,
      accuracy: right / count,
    })),
  };
}

/**
 * Softmax of each row.
 *
 * @param logits `[N, C]` flat
 * @returns `[N, C]` flat
 * @throws RangeError if the rows are not all of C values, or a logit is NaN
 */
export function softmaxRows(logits: ArrayLike<number>, classes: number): Float64Array {
  if (logits.length % classes !== 0)
    throw new RangeError(
      `glue: softmax: found ${logits.length} logits, expected a multiple of ${classes}, the number of classes.\n` +
        'Give the logits of every example, row by row.',
    );
  const probabilities = new Float64Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += classes) {
    const largest = logits[begin + argmax(logits, begin, classes)] ?? 0;
    let sum = 0;
    for (let c = begin; c < begin + classes; c++) {
      const value = Math.exp((logits[c] ?? 0) - largest);
      probabilities[c] = value;
      sum += value;
    }
    if (Number.isNaN(sum))
      throw new RangeError(
        `glue: softmax: found NaN among the logits of row ${begin / classes}, expected numbers.\n` +
          'The model diverged: train it with a lower learning rate.',
      );
    for (let c = begin; c < begin + classes; c++) probabilities[c] = (probabilities[c] ?? 0) / sum;
  }
  return probabilities;
}

/** The largest of `classes` values from `begin` on, counted from there; the first of equal ones. */
export function argmax(values: ArrayLike<number>, begin: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++)
    if ((values[begin + c] ?? 0) > (values[begin + best] ?? 0)) best = c;
  return best;
}
