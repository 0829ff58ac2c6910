// Rows of many requests through few runs: grouped, padded, run, and taken apart again.

import { type Group, plan } from './plan.js';
import type { RunQueue } from './run-queue.js';
import type { Kind, ShapedInputs, ShapedOutputs } from './shaped-programs.js';

/** One token sequence, and what is to be computed of it. */
export interface Row {
  readonly kind: Kind;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  /** Places of which the function computes something; empty where it chooses none. */
  readonly positions: readonly number[];
}

/** One output of one row, row-major, in the memory of its batch. */
export interface RowOutput {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type RowOutputs = Readonly<Record<string, RowOutput>>;

export interface RunOptions {
  readonly maxColumns: number;
  readonly maxTokens: number;
  readonly padId: number;
}

/** Outputs of the rows, in their order; of what is padded, they are meaningless. */
export async function runRows(
  queue: RunQueue,
  rows: readonly Row[],
  options: RunOptions,
): Promise<RowOutputs[]> {
  const results: RowOutputs[] = new Array(rows.length);
  const runs = alike(rows).flatMap((places) => {
    const lengths = places.map((place) => rows[place].ids.length);
    return plan(lengths, options).map(async ({ members, ...shape }) => {
      const chosen = members.map((member) => places[member]);
      const outputs = await runGroup(queue, { ...shape, members: chosen }, rows, options.padId);
      for (const [at, place] of chosen.entries()) results[place] = rowOf(outputs, at, shape.rows);
    });
  });
  await Promise.all(runs);
  return results;
}

/** Places of rows that may share a run: the same function, and about as many positions. */
function alike(rows: readonly Row[]): number[][] {
  const sets = new Map<string, number[]>();
  for (const [place, row] of rows.entries()) {
    const key = `${row.kind.name} ${positionsFor(row)}`;
    const set = sets.get(key);
    if (set) set.push(place);
    else sets.set(key, [place]);
  }
  return [...sets.values()];
}

/** A power of two, or 0. */
function positionsFor({ positions: { length } }: Row): number {
  return length === 0 ? 0 : 2 ** Math.ceil(Math.log2(length));
}

function runGroup(
  queue: RunQueue,
  { rows: count, columns, members }: Group,
  rows: readonly Row[],
  padId: number,
): Promise<ShapedOutputs> {
  const first = rows[members[0]];
  const shape = { rows: count, columns, positions: positionsFor(first) };
  const size = count * columns;
  const inputs: ShapedInputs = {
    inputIds: new Int32Array(size).fill(padId),
    attentionMask: new Int32Array(size),
    tokenTypeIds: new Int32Array(size),
    ...(shape.positions > 0 && { positions: new Int32Array(count * shape.positions) }),
  };
  for (const [at, member] of members.entries()) {
    const { ids, typeIds, positions } = rows[member];
    inputs.inputIds.set(ids, at * columns);
    inputs.tokenTypeIds.set(typeIds, at * columns);
    inputs.attentionMask.fill(1, at * columns, at * columns + ids.length);
    inputs.positions?.set(positions, at * shape.positions);
  }
  return queue.run(first.kind, shape, inputs);
}

function rowOf(outputs: ShapedOutputs, at: number, rows: number): RowOutputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data, shape }]) => {
      const width = data.length / rows;
      const part = data.subarray(at * width, (at + 1) * width) as RowOutput['data']; // no step returns truth values
      return [name, { shape: shape.slice(1), data: part }];
    }),
  );
}
