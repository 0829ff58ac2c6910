import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  gumbel,
  hostRandomBits,
  RANDOM_BITS,
  randomBits,
  randomUniform,
  scopedKey,
  streamId,
} from './random-bits.js';
import { registerKernels } from './register.js';

tf.env().set('IS_TEST', true);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
});

/** One element by the published steps, in exact integer arithmetic. */
function bySteps(inputs: { seed: number; counter: number; stream: number }, i: number): number {
  const registers: Record<string, bigint> = {};
  let x = 0n;
  for (const step of RANDOM_BITS) {
    if (step.step === 'affine') {
      const add = typeof step.add === 'number' ? BigInt(step.add) : registers[step.add];
      x = x * BigInt(step.multiply) + add;
    } else if (step.step === 'input') x += BigInt(step.multiply) * BigInt(inputs[step.name]);
    else if (step.step === 'square') x = x * (2n * x + 1n);
    else if (step.step === 'rotate') x = x * 65536n + x / 65536n;
    else if (step.step === 'divide') x = x / BigInt(step.by);
    else if (step.step === 'keep') registers[step.as] = x;
    else x = BigInt(i);
    x = BigInt.asUintN(32, x);
  }
  return Number(x);
}

test('the host draws what the steps define', () => {
  for (const [seed, counter, stream] of [
    [0, 0, 0],
    [42, 7, 0xdeadbeef],
    [2 ** 31 - 1, 499_999, 1],
  ]) {
    const expected = Array.from({ length: 50 }, (_, i) => bySteps({ seed, counter, stream }, i));
    expect([...hostRandomBits(seed, counter, stream, 50)]).toEqual(expected);
  }
});

test('the first bits of one draw never change', () => {
  expect([...hostRandomBits(1, 2, 'mask', 4)]).toEqual(
    [0, 1, 2, 3].map((i) => bySteps({ seed: 1, counter: 2, stream: streamId('mask') }, i)),
  );
  expect(streamId('mask')).toBe(0xe7774569);
  expect([...hostRandomBits(1, 2, 3, 4)]).toEqual([947570, 5063483, 8148317, 6427315]);
});

/** Standard deviations by which the chi-square of bucket counts lies from its mean. */
function chiSquare(counts: Float64Array, size: number): number {
  const expected = size / counts.length;
  const free = counts.length - 1;
  const sum = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
  return Math.abs(sum - free) / Math.sqrt(2 * free);
}

describe('along every input, neighbours are independent', () => {
  const SIZE = 1 << 17;
  const along = {
    index: () => hostRandomBits(1, 3, 77, SIZE),
    counter: () => Int32Array.from({ length: SIZE }, (_, n) => hostRandomBits(1, n, 77, 1)[0]),
    seed: () => Int32Array.from({ length: SIZE }, (_, n) => hostRandomBits(n, 3, 77, 1)[0]),
    stream: () => Int32Array.from({ length: SIZE }, (_, n) => hostRandomBits(1, 3, n, 1)[0]),
  };

  test.each(Object.entries(along))('%s', (_, draw) => {
    const bits = draw();
    const [high, low, pairs] = [256, 256, 4096].map((size) => new Float64Array(size));
    for (let n = 0; n < SIZE; n++) {
      high[bits[n] >>> 15]++;
      low[bits[n] & 255]++;
      pairs[((bits[n] >>> 17) << 6) | (n > 0 ? bits[n - 1] >>> 17 : 0)]++;
    }
    for (const counts of [high, low, pairs]) expect(chiSquare(counts, SIZE)).toBeLessThan(4);
    for (const lag of [1, 128, 16384]) {
      let sum = 0;
      for (let n = lag; n < SIZE; n++)
        sum += (bits[n] / 2 ** 23 - 0.5) * (bits[n - lag] / 2 ** 23 - 0.5);
      // a product of two centred uniforms has deviation 1/12
      expect(Math.abs(12 * sum) / Math.sqrt(SIZE)).toBeLessThan(4);
    }
  });

  test('one flipped input bit flips each output bit half the time', () => {
    const SAMPLES = 2000;
    let worst = 0;
    const base = (n: number): [number, number, number] => [n * 7919, n % 1000, n * 31];
    for (let input = 0; input < 3; input++) {
      for (let bit = 0; bit < 31; bit++) {
        const flips = new Float64Array(23);
        for (let n = 0; n < SAMPLES; n++) {
          const a = base(n);
          const b = base(n);
          b[input] ^= 1 << bit;
          const changed = hostRandomBits(...a, 1)[0] ^ hostRandomBits(...b, 1)[0];
          for (let k = 0; k < 23; k++) flips[k] += (changed >>> k) & 1;
        }
        for (const count of flips) worst = Math.max(worst, Math.abs(count / SAMPLES - 0.5));
      }
    }
    expect(worst).toBeLessThan(2.5 / Math.sqrt(SAMPLES)); // 5 deviations, for 2,139 comparisons
  });

  test('no stream or counter repeats the numbers of another', () => {
    const seen = new Set(hostRandomBits(1, 3, 10, 4096));
    for (const [counter, stream] of [
      [3, 11],
      [3, 0x9e3779b1 + 10],
      [4, 10],
    ]) {
      const again = hostRandomBits(1, counter, stream, 4096).filter((value) => seen.has(value));
      // 4096 draws out of 2^23 meet another 4096 about twice by chance
      expect(again.length).toBeLessThan(12);
    }
  });
});

describe('as tensors', () => {
  const key = { seed: tf.scalar(5, 'int32'), counter: tf.scalar(9, 'int32') };

  test('the kernel gives the host integers, by name or number of the stream', () => {
    const bits = randomBits(key, 'mask', [3, 4]);
    expect(bits.dtype).toBe('int32');
    expect(bits.shape).toEqual([3, 4]);
    expect([...bits.dataSync()]).toEqual([...hostRandomBits(5, 9, 'mask', 12)]);
    expect([...randomBits(key, streamId('mask'), [12]).dataSync()]).toEqual([...bits.dataSync()]);
  });

  test('scopes draw different numbers, and nest', () => {
    const plain = randomBits(key, 'mask', [8]).dataSync();
    const generator = scopedKey(key, 'generator');
    expect(randomBits(generator, 'mask', [8]).dataSync()).not.toEqual(plain);
    expect(scopedKey(generator, 'layer').scope).toBe('generator/layer');
    expect([...randomBits(generator, 'mask', [8]).dataSync()]).toEqual([
      ...hostRandomBits(5, 9, 'generator/mask', 8),
    ]);
  });

  test('uniform numbers lie strictly between 0 and 1 with mean 1/2 and variance 1/12', () => {
    const u = randomUniform(key, 'u', [200_000]).dataSync();
    expect(Math.min(...u.slice(0, 50_000))).toBeGreaterThan(0);
    expect(Math.max(...u.slice(0, 50_000))).toBeLessThan(1);
    const { mean, variance } = tf.moments(tf.tensor1d(u as Float32Array));
    expect(mean.dataSync()[0]).toBeCloseTo(0.5, 2);
    expect(variance.dataSync()[0]).toBeCloseTo(1 / 12, 3);
    // the extremes of the 23 bits
    expect(Math.fround((0 + 0.5) * 2 ** -23)).toBeGreaterThan(0);
    expect(Math.fround(Math.fround(2 ** 23 - 1 + 0.5) * 2 ** -23)).toBeLessThan(1);
  });

  test('Gumbel noise has mean 0.5772 and samples a softmax', () => {
    const noise = gumbel<tf.Tensor2D>(key, 'g', [40_000, 3]);
    expect(tf.mean(noise).dataSync()[0]).toBeCloseTo(0.5772, 2);
    const chosen = tf.argMax(tf.add(noise, tf.log([0.2, 0.3, 0.5])), 1);
    const counts = tf.sum(tf.oneHot(chosen, 3), 0).dataSync();
    for (const [i, p] of [0.2, 0.3, 0.5].entries())
      expect(Math.abs(counts[i] / 40_000 - p)).toBeLessThan(0.01);
  });
});
