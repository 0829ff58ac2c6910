// RandomBits of @alectra/nn → ONNX: the same steps on unsigned 32-bit integers, which wrap around.
//
// Only Add, Mul and Div are used, because WebGPU has no bitwise operations in ONNX Runtime.

import { sizeOf } from '../../host-tensor.js';
import type { Name, OnnxBuilder } from '../builder.js';
import { type LoweredNode, type LoweringTable, lower } from '../lowering.js';
import { castTo } from './elementwise.js';

export const RANDOM: LoweringTable = {
  RandomBits: lower<{ shape: number[]; stream: number }>(randomBits),
};

function randomBits(
  onnx: OnnxBuilder,
  {
    inputs: [seed, counter],
    attrs: { shape, stream },
  }: LoweredNode<{ shape: number[]; stream: number }>,
): Name {
  const constant = (value: number): Name => onnx.scalar(value >>> 0, 'uint32');
  const add = (a: Name, b: Name): Name => onnx.op('Add', [a, b]);
  const multiply = (a: Name, b: Name): Name => onnx.op('Mul', [a, b]);
  const word = (name: Name): Name => castTo(onnx, name, 'uint32');
  const rotate16 = (x: Name): Name =>
    add(multiply(x, constant(0x10000)), onnx.op('Div', [x, constant(0x10000)]));
  const mix = (x: Name): Name => {
    let word = x;
    for (let round = 0; round < 2; round++) {
      word = multiply(word, add(multiply(word, constant(2)), constant(1)));
      word = rotate16(word);
      word = add(multiply(word, constant(0x2c1b3c6d)), constant(0x297a2d39));
    }
    return rotate16(word);
  };

  const size = sizeOf(shape);
  const index = onnx.initializer(
    'uint32',
    [size],
    Uint32Array.from({ length: size }, (_, i) => Math.imul(i, 0x9e3779b1)),
  );
  let x = mix(add(index, multiply(word(onnx.name(seed)), constant(0x85ebca6b))));
  x = mix(add(x, multiply(word(onnx.name(counter)), constant(0xc2b2ae35))));
  x = mix(add(x, constant(stream)));
  const bits = castTo(onnx, onnx.op('Div', [x, constant(512)]), 'int32');
  return onnx.op('Reshape', [bits, onnx.int64s(shape)]);
}
