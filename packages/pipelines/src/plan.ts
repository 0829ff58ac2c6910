// Which rows share a run, and at which shape. Programs have fixed shapes, so sizes come in buckets.
//
// Rows are sorted by length and cut into groups so that the estimated time of all runs is least (dynamic programming
// over the cuts). Lengths are fine where texts are short, numbers of rows are powers of two: padding stays little, and
// so does the number of shapes.

/** A shape, and the rows (by their place in the list) that run at it. */
export interface Group {
  readonly rows: number;
  readonly columns: number;
  readonly members: readonly number[];
}

export interface Limits {
  /** Positions of the model: the longest row. */
  readonly maxColumns: number;
  /** Most tokens of one run, padding included; a row that is longer runs alone. */
  readonly maxTokens: number;
}

/** Most rows of one run. */
export const MAX_ROWS = 32;

/** What starting a run costs, in tokens. */
const START = 8;
/** The length at which attention costs as much as all other work of a token. */
const ATTENTION = 1000;

/** The length that a row of `length` tokens is padded to. */
export function columnsFor(length: number, maxColumns: number): number {
  const step = length <= 128 ? 8 : length <= 256 ? 16 : 32;
  return Math.min(maxColumns, Math.max(step, Math.ceil(length / step) * step));
}

/** The number of rows that `count` rows are padded to. */
export function rowsFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}

/** Most rows of the shapes that are worth compiling before they are asked for. */
const USUAL_ROWS = 4;

/** The shapes of up to four rows of at most `longest` tokens, fewer rows first. */
export function usualShapes(
  longest: number,
  { maxColumns, maxTokens }: Limits,
): Omit<Group, 'members'>[] {
  const lengths = Array.from({ length: longest }, (_, at) => columnsFor(at + 1, maxColumns));
  const shapes: Omit<Group, 'members'>[] = [];
  for (let rows = 1; rows <= USUAL_ROWS; rows *= 2) {
    for (const columns of new Set(lengths))
      if (rows === 1 || rows * columns <= maxTokens) shapes.push({ rows, columns });
  }
  return shapes;
}

/** Every row in exactly one group. */
export function plan(lengths: readonly number[], { maxColumns, maxTokens }: Limits): Group[] {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[a] - lengths[b] || a - b);
  // cost[n]: least time for the n shortest rows; cut[n]: where the last of their groups begins
  const cost = [0];
  const cut = [0];
  for (let end = 1; end <= order.length; end++) {
    const columns = columnsFor(lengths[order[end - 1]], maxColumns);
    cost[end] = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start--) {
      const rows = rowsFor(end - start);
      if (rows > 1 && (rows > MAX_ROWS || rows * columns > maxTokens)) break;
      const total = cost[start] + START + rows * columns * (1 + columns / ATTENTION);
      if (total >= cost[end]) continue;
      cost[end] = total;
      cut[end] = start;
    }
  }
  const groups: Group[] = [];
  for (let end = order.length; end > 0; end = cut[end]) {
    const members = order.slice(cut[end], end);
    const columns = columnsFor(lengths[members[members.length - 1]], maxColumns);
    groups.push({ rows: rowsFor(members.length), columns, members });
  }
  return groups;
}
