// One function, compiled once for each set of shapes that its batches have.

import type { Program, TensorSpec } from '@alectra/jit';
import { mapValues } from './map-values.js';
import type { HostTensors } from './training-task.js';

type Shapes = Readonly<Record<string, TensorSpec>>;

/**
 * The program for a batch: `first` for batches of its shapes, others as `compileFor` makes them, once. Types and names
 * are those of `first`: a program refuses a batch that has others.
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
    const found = mapValues(shapes, ({ dtype, shape }, name) => ({
      dtype,
      shape: batch[name]?.shape ?? shape,
    }));
    const key = keyOf(found);
    const program = programs.get(key) ?? (await compileFor(found));
    programs.set(key, program);
    return program;
  };
}

function keyOf(shapes: Shapes): string {
  return Object.values(shapes)
    .map(({ shape }) => shape.join(','))
    .join(';');
}
