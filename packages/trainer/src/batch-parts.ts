// A batch cut into parts that are computed side by side.

import type { HostTensor, InputSpec, TensorSpec } from '@alectra/jit';
import { zeros } from './host-values.js';
import { mapValues } from './map-values.js';
import type { HostTensors } from './training-task.js';

/** The same on every machine, however many cores it has: random draws, and with them a run, depend on it. */
export const PARTS = 2;

/** `PARTS` parts of the rows, a larger one first, in the memory of `batch`; one part where there are fewer rows. */
export function partsOf(batch: HostTensors): HostTensors[] {
  const rows = rowsOf(batch);
  if (rows < PARTS) return [batch];
  const start = (part: number): number => Math.ceil((part * rows) / PARTS);
  return Array.from({ length: PARTS }, (_, part) =>
    mapValues(batch, (tensor) => rowsFrom(tensor, start(part), start(part + 1))),
  );
}

/**
 * Rows of a batch: the first axis of each of its tensors.
 *
 * @throws RangeError where they differ
 */
export function rowsOf(batch: Readonly<Record<string, TensorSpec>>): number {
  const [first, ...others] = Object.entries(batch);
  if (!first) return 0;
  const [name, { shape }] = first;
  for (const [other, spec] of others)
    if (spec.shape[0] !== shape[0])
      throw new RangeError(
        `trainer: a batch cannot be cut into parts: "${other}" is [${spec.shape}], "${name}" is [${shape}]: ` +
          'expected as many rows on the first axis.\nGive every tensor a row an example, or leave `totals` out of the task.',
      );
  return shape[0] ?? 0;
}

// A length that does not fit the shape shows in the last part: programs refuse it.
function rowsFrom({ dtype, shape, data }: HostTensor, from: number, to: number): HostTensor {
  const [rows = 0, ...row] = shape;
  const size = data.length / rows;
  return { dtype, shape: [to - from, ...row], data: data.subarray(from * size, to * size) };
}

/** Inputs for parts of a batch: with an axis of rows that is open, by a name that no other axis has. */
export function openRows(inputs: Inputs): Inputs {
  return mapValues(inputs, ({ dtype, shape: [rows, ...row] }) => ({
    dtype,
    shape: [typeof rows === 'string' ? rows : 'rows of a part', ...row],
  }));
}

/** @throws RangeError where a batch has another number of rows than `inputs` say, if they say one */
export function checkRows(batch: HostTensors, inputs: Inputs): void {
  for (const [name, { shape }] of Object.entries(inputs)) {
    const [rows] = shape;
    const found = batch[name]?.shape;
    if (typeof rows === 'string' || !found || found[0] === rows) continue;
    throw new RangeError(
      `trainer: "${name}" of a batch is [${found.join(', ')}]: expected [${shape.join(', ')}].\n` +
        'Give batches of the declared size, or name the axis in `inputs` to leave it open.',
    );
  }
}

type Inputs = Readonly<Record<string, InputSpec>>;

/** Zeros, of one element on every axis that is open. */
export function smallestBatch(inputs: Inputs): HostTensors {
  return mapValues(inputs, ({ dtype, shape }) =>
    zeros({ dtype, shape: shape.map((size) => (typeof size === 'string' ? 1 : size)) }),
  );
}
