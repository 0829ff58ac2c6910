import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { activation } from './activation.js';
import { attentionBias, attentionWeights, selfAttention } from './attention.js';
import { dropout } from './dropout.js';
import { firstAttention } from './first-attention.js';
import { linear } from './linear.js';
import { type Params, parameter, type TokenBatch } from './params.js';
import { hostRandomBits } from './random-bits.js';
import { registerKernels } from './register.js';
import { firstRows } from './sequence-rows.js';
import { tokenEmbeddings } from './token-embeddings.js';

tf.env().set('IS_TEST', true);
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerKernels();
});

function numbers(shape: number[], stream: string): tf.Tensor {
  const bits = hostRandomBits(7, 0, stream, tf.util.sizeFromShape(shape));
  return tf.tensor(
    Float32Array.from(bits, (b) => (b / 2 ** 23) * 2 - 1),
    shape,
  );
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i], digits);
}

describe('linear', () => {
  const params: Params = {
    'l.weight': tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    'l.bias': tf.tensor1d([10, 20, 30]),
  };

  test('applies [out, in] weights to the last axis', () => {
    const y = linear(params, 'l', tf.tensor3d([[[1, 1]], [[0, 2]]]));
    expect(y.shape).toEqual([2, 1, 3]);
    expect([...y.dataSync()]).toEqual([13, 27, 41, 14, 28, 42]);
  });

  test('does without a bias', () => {
    const { 'l.weight': weight } = params;
    expect([...linear({ 'l.weight': weight }, 'l', tf.tensor2d([[1, 1]])).dataSync()]).toEqual([
      3, 7, 11,
    ]);
  });

  test('refuses inputs of another width', () => {
    expect(() => linear(params, 'l', tf.ones([3, 4]))).toThrow(
      "nn: cannot apply 'l': found an input of [3, 4], expected [..., 2].",
    );
  });

  test('leaves one tensor', () => {
    const x = tf.tensor3d([[[1, 1]]]);
    const before = tf.memory().numTensors;
    linear(params, 'l', x);
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  test('names the parameter it lacks and its neighbours', () => {
    expect(() => parameter(params, 'wrong.l.weight')).toThrow(
      "nn: no parameter 'wrong.l.weight': found 2 others, among them l.weight.",
    );
  });
});

const fixture = new URL('../fixtures/activations.json', import.meta.url);
const reference: {
  x: number[];
  activations: Record<string, { y: number[]; slope: number[] }>;
} = JSON.parse(readFileSync(fixture, 'utf8'));

describe('activation', () => {
  test.each(Object.entries(reference.activations))(
    '%s is that of Hugging Face',
    (name, expected) => {
      const x = tf.tensor1d(reference.x);
      expectClose(activation(name, x).dataSync(), expected.y, 5);
      const slope = tf.grad((p) => tf.mul(activation(name, p), 1));
      expectClose(slope(x).dataSync(), expected.slope, 5);
    },
  );

  test('an unknown activation is refused by name', () => {
    expect(() => activation('gelu2', tf.scalar(1))).toThrow("nn: no activation 'gelu2'");
    expect(() => activation('toString', tf.scalar(1))).toThrow('expected one of gelu,');
  });
});

describe('selfAttention', () => {
  const [B, S, H] = [2, 3, 4];
  const params = Object.fromEntries(
    ['query', 'key', 'value'].flatMap((part) => [
      [`a.${part}.weight`, numbers([H, H], `${part}.w`)],
      [`a.${part}.bias`, numbers([H], `${part}.b`)],
    ]),
  );
  const x = numbers([B * S, H], 'x') as tf.Tensor2D;

  /** The textbook, one number at a time. */
  function expected(heads: number, mask: number[][]): number[] {
    const D = H / heads;
    const value = (part: string, row: number, column: number): number => {
      const w = params[`a.${part}.weight`].arraySync() as number[][];
      const b = params[`a.${part}.bias`].arraySync() as number[];
      return x.arraySync()[row].reduce((sum, xi, i) => sum + xi * w[column][i], b[column]);
    };
    const out: number[] = [];
    for (let b = 0; b < B; b++)
      for (let s = 0; s < S; s++)
        for (let h = 0; h < H; h++) {
          const head = Math.floor(h / D);
          const weights = mask[b].map((visible, t) => {
            let dot = 0;
            for (let d = head * D; d < (head + 1) * D; d++)
              dot += value('query', b * S + s, d) * value('key', b * S + t, d);
            return visible * Math.exp(dot / Math.sqrt(D));
          });
          const total = weights.reduce((sum, w) => sum + w, 0);
          out.push(
            weights.reduce((sum, w, t) => sum + (w / total) * value('value', b * S + t, h), 0),
          );
        }
    return out;
  }

  test.each([1, 2, 4])('agrees with the definition for %d heads', (heads) => {
    const mask = [
      [1, 1, 0],
      [1, 1, 1],
    ];
    const y = selfAttention(attentionWeights(params, 'a', heads), x, {
      batchSize: B,
      bias: attentionBias(tf.tensor2d(mask, [B, S], 'int32')),
    });
    expectClose(y.dataSync(), expected(heads, mask), 5);
    const unmasked = selfAttention(attentionWeights(params, 'a', heads), x, { batchSize: B });
    expectClose(unmasked.dataSync(), expected(heads, [[1, 1, 1], mask[1]]), 5);
  });

  test.each([
    ['past', 'at the end of its own past', (s: number, t: number) => t <= s],
    ['future', 'at the start of its own future', (s: number, t: number) => t >= s],
  ] as const)('seeing its %s, every position is what it is %s', (sees, _, isSeen) => {
    const mask = [
      [1, 1, 0],
      [1, 1, 1],
    ];
    const weights = attentionWeights(params, 'a', 2);
    const bias = attentionBias(tf.tensor2d(mask, [B, S], 'int32'), sees);
    expect(bias.shape).toEqual([B, 1, S, S]);
    const sided = selfAttention(weights, x, { batchSize: B, bias }).arraySync() as number[][];
    for (let s = 0; s < S; s++) {
      const side = mask.map((row) => row.map((visible, t) => (isSeen(s, t) ? visible : 0)));
      const whole = expected(2, side);
      for (const row of [s, S + s])
        if (side[Math.floor(row / S)].includes(1))
          // else it sees nothing, and means nothing
          expectClose(sided[row], whole.slice(row * H, (row + 1) * H), 5);
    }
  });

  test.each([
    [1, 'both'],
    [2, 'both'],
    [2, 'future'],
  ] as const)('of %d heads, seeing %s, is the same for first positions alone', (heads, sees) => {
    const bias = attentionBias(tf.tensor2d([1, 1, 0, 1, 1, 1], [B, S], 'int32'), sees);
    const options = { batchSize: B, bias };
    type Tensors = [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
    const { weight, bias: shift } = attentionWeights(params, 'a', heads);
    const alone = (...[x, weight, bias]: Tensors) =>
      firstAttention({ weight, bias, heads }, x, options);
    const ofAll = (...[x, weight, bias]: Tensors) =>
      firstRows(selfAttention({ weight, bias, heads }, x, options), B);
    expectClose(alone(x, weight, shift).dataSync(), [...ofAll(x, weight, shift).dataSync()], 5);
    const slopes = (attend: typeof alone) =>
      tf
        .grads((...given) => tf.sum(tf.square(attend(...(given as Tensors)))))([x, weight, shift])
        .flatMap((slope) => [...slope.dataSync()]);
    expectClose(slopes(alone), slopes(ofAll), 5);
  });

  test('of first positions alone, weighs the bias of the values by what dropout has left', () => {
    const drop = {
      rate: 0.5,
      key: { seed: tf.scalar(3, 'int32'), counter: tf.scalar(1, 'int32') },
      stream: 's',
    };
    const given = { weight: tf.zeros<tf.Rank.R2>([3 * H, H]), bias: tf.ones<tf.Rank.R1>([3 * H]) };
    const found = firstAttention({ ...given, heads: 2 }, x, { batchSize: B, dropout: drop });
    // equal scores, so that each position has a third
    const left = tf.sum(dropout(tf.fill([B, 2, S], 1 / 3), 0.5, drop.key, drop.stream), -1);
    const shares = left.dataSync();
    expect(new Set(shares).size).toBeGreaterThan(1);
    expectClose(
      found.dataSync(),
      Array.from({ length: B * H }, (_, i) => shares[Math.floor(i / (H / 2))]),
      6,
    );
  });

  test('what stands at a masked position changes nothing, and gets no gradient', () => {
    const bias = attentionBias(
      tf.tensor2d(
        [
          [1, 1, 0],
          [1, 1, 1],
        ],
        [B, S],
        'int32',
      ),
    );
    const first = (input: tf.Tensor): tf.Scalar =>
      tf.sum(
        tf.slice(
          selfAttention(attentionWeights(params, 'a', 2), input as tf.Tensor2D, {
            batchSize: B,
            bias,
          }),
          [0, 0],
          [2, H],
        ),
      );
    const gradient = tf.grad(first)(x).arraySync() as number[][];
    expect(gradient[2]).toEqual([0, 0, 0, 0]);
    expect(gradient[0].every((g) => g !== 0)).toBe(true);
  });
});

describe('dropout', () => {
  const key = { seed: tf.scalar(1, 'int32'), counter: tf.scalar(0, 'int32') };
  const ones = tf.ones([100_000]);

  test('keeps 1 - rate of the elements and the mean', () => {
    const y = dropout(ones, 0.1, key, 'd').dataSync<'float32'>();
    const kept = y.filter((value) => value !== 0);
    expect(kept.length / y.length).toBeCloseTo(0.9, 2);
    // 0.1 is 205 of 2048, and the scale is that rate's
    expect(new Set(kept)).toEqual(new Set([Math.fround(2048 / (2048 - 205))]));
    expect(y.reduce((sum, value) => sum + value, 0) / y.length).toBeCloseTo(1, 2);
  });

  test('decides neighbours, and the two halves that share draws, independently', () => {
    const size = 100_001; // odd: the last draw decides one element only
    const y = dropout(tf.ones([size]), 0.5, key, 'd').dataSync();
    expect(y.length).toBe(size);
    for (const lag of [1, 2, 50_000, 50_001]) {
      let both = 0;
      for (let i = lag; i < size; i++) both += y[i] !== 0 && y[i - lag] !== 0 ? 1 : 0;
      const pairs = size - lag;
      // a quarter of the pairs, with deviation √(3/16 n); 4 deviations
      expect(Math.abs(both - pairs / 4)).toBeLessThan(4 * Math.sqrt((3 / 16) * pairs));
    }
  });

  test('a rate too small for the grid still drops, a large one still keeps', () => {
    const kept = (rate: number): number =>
      tf.sum(tf.cast(tf.greater(dropout(ones, rate, key, 'd'), 0), 'float32')).dataSync()[0] / 1e5;
    expect(kept(1e-6)).toBeCloseTo(1 - 1 / 2048, 3);
    expect(kept(0.99999)).toBeGreaterThan(0);
  });

  test('the gradient has the same mask', () => {
    const y = dropout(ones, 0.5, key, 'd').dataSync();
    expect(
      tf
        .grad((x) => tf.sum(dropout(x, 0.5, key, 'd')))(ones)
        .dataSync(),
    ).toEqual(y);
  });

  test.each([1, 1.5, -0.1, Number.NaN])('refuses the rate %d', (rate) => {
    expect(() => dropout(ones, rate, key, 'd')).toThrow(`nn: cannot drop at rate ${rate}:`);
  });

  test('returns its input without a key or a rate', () => {
    expect(dropout(ones, 0.5, undefined, 'd')).toBe(ones);
    expect(dropout(ones, 0, key, 'd')).toBe(ones);
  });
});

describe('tokenEmbeddings', () => {
  const params: Params = {
    'e.word_embeddings.weight': numbers([10, 2], 'words'),
    'e.position_embeddings.weight': numbers([4, 2], 'positions'),
    'e.token_type_embeddings.weight': numbers([2, 2], 'segments'),
    'e.LayerNorm.weight': tf.ones([2]),
    'e.LayerNorm.bias': tf.zeros([2]),
  };
  const int = (values: number[][]): tf.Tensor2D => tf.tensor2d(values, undefined, 'int32');
  const zeros = int([[0, 0, 0]]);
  const embed = (batch: Partial<TokenBatch>): tf.Tensor2D =>
    tokenEmbeddings(
      params,
      'e',
      { inputIds: zeros, attentionMask: zeros, tokenTypeIds: zeros, ...batch },
      { epsilon: 1e-12, dropoutRate: 0 },
    );

  test('takes the last row of every table', () => {
    const inputIds = int([[9, 9, 9, 9]]);
    const tokenTypeIds = int([[1, 1, 1, 1]]);
    expect(embed({ inputIds, tokenTypeIds, attentionMask: inputIds }).shape).toEqual([4, 2]);
  });

  test('refuses sequences longer than the position table', () => {
    const long = int([[0, 0, 0, 0, 0]]);
    expect(() => embed({ inputIds: long, attentionMask: long, tokenTypeIds: long })).toThrow(
      'nn: cannot embed sequences of 5 tokens: the model has 4 positions.',
    );
  });

  test.each([
    [{ inputIds: int([[1, 10, 3]]) }, "the token id 10: the model's table has rows 0 to 9."],
    [{ inputIds: int([[1, -1, 3]]) }, "the token id -1: the model's table has rows 0 to 9."],
    [{ tokenTypeIds: int([[0, 2, 0]]) }, "the segment id 2: the model's table has rows 0 to 1."],
    [
      { inputIds: tf.zeros<tf.Rank.R2>([1, 3]) },
      "'inputIds': found float32 [1, 3], expected int32",
    ],
    [{ inputIds: tf.zeros<tf.Rank.R2>([0, 3], 'int32') }, "'inputIds': found int32 [0, 3]"],
    [
      { tokenTypeIds: int([[0], [0], [0]]) },
      "'tokenTypeIds': found int32 [3, 1], expected int32 [1, 3]",
    ],
    [{ attentionMask: int([[1]]) }, "'attentionMask': found int32 [1, 1], expected int32 [1, 3]"],
  ])('refuses case %#', (batch, message) => {
    const before = tf.memory().numTensors;
    expect(() => embed(batch)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses ids of another rank', () => {
    const flat = tf.tensor1d([1, 2], 'int32') as tf.Tensor as tf.Tensor2D; // as JavaScript may pass it
    expect(() => embed({ inputIds: flat })).toThrow(
      "'inputIds': found int32 [2], expected int32 [batch,",
    );
  });
});
