// Host tensors of a program to the tensors of a safetensors file and back, without a copy.

import { fromHostTensor, toHostTensor, type WeightRecord } from '@alectra/checkpoint';
import type { HostTensors } from './training-task.js';

export function toWeights(tensors: HostTensors): WeightRecord {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor)]),
  );
}

export function toHostTensors(weights: WeightRecord): HostTensors {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [name, toHostTensor(tensor, name)]),
  );
}
