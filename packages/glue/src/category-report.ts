// Scores by linguistic category as Markdown.

import type { CategoryScore } from './diagnostic.js';
import { markdownCells } from './markdown-cells.js';

/** @param scores of `scoreByCategory`; Matthews is times 100, as the leaderboard shows it */
export function categoryReport(scores: readonly CategoryScore[]): string {
  const rows = scores.map(({ group, category, count, matthews, accuracy }) => [
    group === 'all' ? 'all pairs' : group,
    category ?? '',
    String(count),
    (100 * matthews).toFixed(1),
    (100 * accuracy).toFixed(1),
  ]);
  const head = ['group', 'category', 'pairs', 'Matthews, times 100', 'right, %'];
  return `# The diagnostic set by category\n\n${markdownCells(head, rows)}\n`;
}
