// Which parameters an optimizer leaves without weight decay.

/**
 * ELECTRA's and ALBERT's list: every bias and every layer norm.
 * (Google's code, electra/model/optimization.py and albert/optimization.py.)
 */
export const BIAS_AND_NORM: readonly string[] = ['LayerNorm', 'layer_norm', 'bias'];

/**
 * The list of the 2020 ALECTRA run. It misses ALBERT's `full_layer_layer_norm.weight`, which was decayed.
 */
export const BIAS_AND_LAYERNORM_WEIGHT: readonly string[] = ['bias', 'LayerNorm\\.weight'];

/**
 * True for names in which any of `patterns` is found.
 *
 * @param patterns regular expressions as strings, so that a recipe in JSON can hold them; case matters
 * @throws RangeError if a pattern is no regular expression
 */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  if (!Array.isArray(patterns))
    throw fault(String(patterns), 'found one string, expected a list of them');
  const expressions = patterns.map((pattern) => {
    try {
      return new RegExp(pattern);
    } catch {
      throw fault(pattern, 'found no regular expression, expected one');
    }
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

function fault(pattern: string, found: string): RangeError {
  return new RangeError(
    `optim: cannot exclude names by "${pattern}": ${found}.\n` +
      'Give excludeFromDecay a list of regular expressions as strings; an empty list excludes nothing.',
  );
}
