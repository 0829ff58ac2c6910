// RandomBits of @alectra/nn → ONNX: the same steps on unsigned 32-bit integers, which wrap around.
//
// WebGPU has no bitwise operations in ONNX Runtime: there, the shifts are divisions.

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
  // A shift takes a quarter of the time of a division.
  const shiftRight = (x: Name, bits: number): Name =>
    onnx.dialect === 'gpu'
      ? onnx.op('Div', [x, constant(2 ** bits)])
      : onnx.op('BitShift', [x, constant(bits)], { direction: 'RIGHT' });
  const rotate16 = (x: Name): Name => add(multiply(x, constant(0x10000)), shiftRight(x, 16));
  const square = (x: Name): Name => multiply(x, add(multiply(x, constant(2)), constant(1)));
  const mix = (x: Name): Name => {
    let word = x;
    for (let round = 0; round < 2; round++) {
      word = rotate16(square(word));
      word = add(multiply(word, constant(0x2c1b3c6d)), constant(0x297a2d39));
    }
    return rotate16(word);
  };

  const index = indices(onnx, sizeOf(shape));
  const seeded = add(multiply(word(onnx.name(seed)), constant(0x85ebca6b)), constant(0x27d4eb2f));
  const pair = mix(add(mix(seeded), multiply(word(onnx.name(counter)), constant(0xc2b2ae35))));
  const key = mix(add(pair, constant(stream)));
  const second = add(multiply(key, constant(0x85ebca6b)), constant(0x165667b1));
  let x = add(index, key);
  for (const register of [second, pair, key])
    x = add(multiply(rotate16(square(x)), constant(0x2c1b3c6d)), register);
  const bits = castTo(onnx, shiftRight(x, 9), 'int32');
  return onnx.op('Reshape', [bits, onnx.int64s(shape)]);
}

/**
 * The number of each element times a constant, uint32 `[size]`. What is counted is folded when the model is loaded; on a
 * GPU it is written out, where counting may have no operator.
 */
function indices(onnx: OnnxBuilder, size: number): Name {
  const STRIDE = 0x9e3779b1;
  if (onnx.dialect === 'gpu') {
    const values = Uint32Array.from({ length: size }, (_, i) => Math.imul(i, STRIDE));
    return onnx.initializer('uint32', [size], values);
  }
  const number = (value: number): Name => onnx.initializer('int64', [], [value]);
  const counted = onnx.op('Range', [number(0), number(size), number(1)]);
  return onnx.op('Mul', [castTo(onnx, counted, 'uint32'), onnx.scalar(STRIDE, 'uint32')]);
}
