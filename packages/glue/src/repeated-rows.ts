// Rows whose texts stand elsewhere too: some of CoLA's and STS-B's validation rows are also trained on.

import type { GlueExample } from './task.js';

/** The examples whose texts stand among `others` too, whatever their labels. */
export function sharedRows(
  examples: readonly GlueExample[],
  others: readonly GlueExample[],
): GlueExample[] {
  const known = new Set(others.map(textsOf));
  return examples.filter((example) => known.has(textsOf(example)));
}

/** The examples whose texts stood before in the same split, whatever their labels. */
export function repeatedRows(examples: readonly GlueExample[]): GlueExample[] {
  const known = new Set<string>();
  return examples.filter((example) => known.size === known.add(textsOf(example)).size);
}

// No text of GLUE holds a tab.
function textsOf({ text, textPair = '' }: GlueExample): string {
  return `${text}\t${textPair}`;
}
