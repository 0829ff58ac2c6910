// RandomBits of @alectra/nn → TensorFlow: the same steps on unsigned 32-bit integers, which wrap around.
//
// TensorFlow has shifts, so the rotation by 16 needs neither product nor quotient; the bits are the same.

import { sizeOf } from '../../host-tensor.js';
import type { Term, TfBuilder } from '../builder.js';
import { type LoweringTable, lower } from '../lowering.js';

interface RandomBitsAttrs {
  readonly shape: number[];
  readonly stream: number;
}

export const RANDOM: LoweringTable = {
  RandomBits: lower<RandomBitsAttrs>((tf, { inputs: [seed, counter], attrs }) =>
    randomBits(tf, tf.term(seed), tf.term(counter), attrs),
  ),
};

function randomBits(
  tf: TfBuilder,
  seed: Term,
  counter: Term,
  { shape, stream }: RandomBitsAttrs,
): Term {
  const binary =
    (op: string) =>
    (a: Term, b: Term | number): Term =>
      tf.op(op, [a, typeof b === 'number' ? tf.scalar(b, 'uint32') : b], a);
  const multiply = binary('Mul');
  const plus = binary('AddV2');
  const shiftLeft = binary('LeftShift');
  const shiftRight = binary('RightShift');
  const or = binary('BitwiseOr');
  const word = (x: Term): Term =>
    tf.op('Bitcast', [x], { dtype: 'uint32', shape: x.shape }, { type: { type: 'uint32' } });
  const rotate16 = (x: Term): Term => or(shiftLeft(x, 16), shiftRight(x, 16));
  const square = (x: Term): Term => multiply(x, plus(plus(x, x), 1));
  const mix = (start: Term): Term => {
    let x = start;
    for (let round = 0; round < 2; round++) {
      x = plus(multiply(rotate16(square(x)), 0x2c1b3c6d), 0x297a2d39);
    }
    return rotate16(x);
  };

  const size = sizeOf(shape);
  const count = tf.op(
    'Range',
    [tf.scalar(0, 'int32'), tf.scalar(size, 'int32'), tf.scalar(1, 'int32')],
    { dtype: 'int32', shape: [size] },
    { Tidx: { type: 'int32' } },
  );
  const seeded = plus(multiply(word(seed), 0x85ebca6b), 0x27d4eb2f);
  const pair = mix(plus(mix(seeded), multiply(word(counter), 0xc2b2ae35)));
  const key = mix(plus(pair, stream >>> 0));
  const second = plus(multiply(key, 0x85ebca6b), 0x165667b1);
  let x = plus(multiply(word(count), 0x9e3779b1), key);
  for (const register of [second, pair, key])
    x = plus(multiply(rotate16(square(x)), 0x2c1b3c6d), register);
  const bits = shiftRight(x, 9);
  const signed = tf.op(
    'Bitcast',
    [bits],
    { dtype: 'int32', shape: bits.shape },
    { type: { type: 'int32' } },
  );
  return tf.reshape(signed, shape);
}
