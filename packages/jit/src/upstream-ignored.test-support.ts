// Specs of TensorFlow.js's suite that do not apply to a traced graph on ONNX Runtime, each with its reason.
// Specs that call a kernel without a rule are counted apart, by kernel.

const IGNORED: readonly (readonly [RegExp, string])[] = [
  [/^time cpu/, 'a traced kernel has no time of its own'],
  [/^(argmax|argmin).* ignores NaNs/, 'ONNX leaves the place of NaN in ArgMax open'],
  [/^(max|min).* return NaNs/, 'ONNX Runtime skips NaN in ReduceMax and ReduceMin'],
  [/^exp .*int32/, 'one unit in the last place of float32 from the expected number'],
  [/^tan .*exceed float32/, 'one unit in the last place of float32 from the expected number'],
  [/^fill .*string|long string tensor verbose/, 'numbers only: strings stay on the host'],
  [
    /^conv2dTranspose .*input=8x8x8,output=4x4x8/,
    'its gradient is not shaped like the output of the convolution',
  ],
  [/^gather .*index is out of bound/, 'bad index values are found when the graph runs'],
];

/** Why a spec is left out, or undefined when it runs. */
export function ignoredBecause(fullName: string): string | undefined {
  return IGNORED.find(([pattern]) => pattern.test(fullName))?.[1];
}
