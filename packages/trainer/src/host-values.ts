// Numbers on their way into a program and out of it.

import type { HostTensor, Program, TensorSpec, Tree } from '@alectra/jit';
import type { HostTensors } from './training-task.js';

/** float32 `[]` */
export const SCALAR = { dtype: 'float32', shape: [] } as const;
const INT_SCALAR = { dtype: 'int32', shape: [] } as const;
/** The random key. */
export const RANDOM: Record<'seed' | 'counter', TensorSpec> = {
  seed: INT_SCALAR,
  counter: INT_SCALAR,
};

/** What the traced steps return, each some of it. */
export type Outputs = {
  readonly loss: HostTensor;
  readonly norm: HostTensor;
  readonly applied: HostTensor;
  readonly metrics: HostTensors;
  readonly gradients: HostTensors;
};

export async function run(program: Pick<Program, 'run'>, inputs: unknown): Promise<Outputs> {
  return (await program.run(inputs as Tree<HostTensor>)) as unknown as Outputs; // as the traced step returns them
}

export const f32 = (number: number): Float32Array => Float32Array.of(number);
const i32 = (number: number): Int32Array => Int32Array.of(number);

export const randomKey = (
  seed: number,
  counter: number,
): Record<'seed' | 'counter', Int32Array> => ({
  seed: i32(seed),
  counter: i32(counter),
});

export const value = ({ data }: HostTensor): number => Number(data[0]);

/** A tensor of zeros. */
export const zeros = ({ dtype, shape }: TensorSpec): HostTensor => ({
  dtype,
  shape,
  data: new ARRAYS[dtype](shape.reduce((size, axis) => size * axis, 1)),
});

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
