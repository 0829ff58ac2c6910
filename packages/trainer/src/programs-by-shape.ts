// One function, compiled once for each set of shapes that its batches have.

import type { Program, TensorSpec } from '@alectra/jit';
import type { HostTensors } from './training-task.js';

type Shapes = Readonly<Record<string, TensorSpec>>;

/**
 * The program for a batch: `first` for batches of its shapes, others as `compileFor` makes them, once.
 *
 * @param shapes of `first`
 */
export function programsByShape(
  shapes: Shapes,
  first: Program,
  compileFor: (shapes: Shapes) => Promise<Program>,
): (batch: HostTensors) => Promise<Program> {
  const programs = new Map([[keyOf(shapes), first]]);
  return async (batch) => {
    const key = keyOf(batch);
    const program = programs.get(key) ?? (await compileFor(shapesOf(batch)));
    programs.set(key, program);
    return program;
  };
}

function shapesOf(batch: Shapes): Shapes {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
}

function keyOf(shapes: Shapes): string {
  const parts = Object.entries(shapes).map(([name, { shape }]) => `${name} ${shape.join(',')}`);
  return parts.sort().join(';');
}
