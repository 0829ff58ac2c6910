// Every kernel that can be traced, by its TensorFlow.js name.

import type { KernelRule } from './graph.js';
import { CONVOLUTION } from './kernels/convolution.js';
import { ELEMENTWISE } from './kernels/elementwise.js';
import { INDEXING } from './kernels/indexing.js';
import { LINALG } from './kernels/linalg.js';
import { MOVEMENT } from './kernels/movement.js';
import { REDUCE } from './kernels/reduce.js';

export const KERNEL_RULES: ReadonlyMap<string, KernelRule> = new Map(
  Object.entries({
    ...CONVOLUTION,
    ...ELEMENTWISE,
    ...INDEXING,
    ...LINALG,
    ...MOVEMENT,
    ...REDUCE,
  }),
);
