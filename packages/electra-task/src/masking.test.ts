import { registerKernels } from '@alectra/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { drawShown, idsAtSlots, maskIds, selectSlots, slotMap, writeAtSlots } from './masking.js';
import type { MaskSelection } from './settings.js';
import { completeSettings, DEFAULT_SETTINGS, defaultSlots } from './settings.js';
import { toyBatch, toyTokens } from './toy-models.test-support.js';
import type { Tying } from './tying.js';

tf.env().set('IS_TEST', true);
beforeAll(() => registerKernels('cpu'));

const SELECTIONS: MaskSelection[] = ['fixedK', 'bernoulli', 'google-with-replacement'];
const key = (counter: number) => ({
  seed: tf.scalar(7, 'int32'),
  counter: tf.scalar(counter, 'int32'),
});

/** Live positions of every row. */
function draw(
  selection: MaskSelection,
  lengths: readonly number[],
  width: number,
  counter = 0,
): number[][] {
  return tf.tidy(() => {
    const settings = completeSettings({ maskSelection: selection });
    const slots = selectSlots(toyBatch(lengths, width), key(counter), {
      selection,
      probability: 0.15,
      slots: defaultSlots(settings, width),
      tokens: toyTokens,
    });
    const positions = slots.positions.arraySync();
    const weights = slots.weights.arraySync();
    return positions.map((row, b) => row.filter((_, k) => weights[b][k] === 1));
  });
}

describe('selectSlots', () => {
  test.each(SELECTIONS)('%s never takes [CLS], [SEP] or padding', (selection) => {
    for (const width of [3, 5, 16, 128]) {
      const lengths = [3, Math.min(5, width), width];
      for (let counter = 0; counter < 6; counter++) {
        draw(selection, lengths, width, counter).forEach((row, b) => {
          for (const position of row) {
            expect(position).toBeGreaterThan(0);
            expect(position).toBeLessThan(lengths[b] - 1);
          }
        });
      }
    }
  });

  test('fixedK takes round(0.15 n) different positions, halves to even, at least one', () => {
    // n tokens → 0.45, 0.75, 1.5, 2.4, 4.5, 19.2 → limited to 19
    const lengths = [3, 5, 10, 16, 30, 128];
    const rows = draw('fixedK', lengths, 128);
    expect(rows.map((row) => row.length)).toEqual([1, 1, 2, 2, 4, 19]);
    for (const row of rows) expect(new Set(row).size).toBe(row.length);
  });

  test('leaves a row without candidates unmasked', () => {
    for (const selection of SELECTIONS) expect(draw(selection, [2, 3], 3)[0]).toEqual([]);
  });

  test('fixedK takes every candidate equally often', () => {
    const counts = new Array(16).fill(0);
    const rounds = 40;
    for (let counter = 0; counter < rounds; counter++)
      for (const row of draw('fixedK', new Array(30).fill(16), 16, counter))
        for (const position of row) counts[position]++;
    const expected = (rounds * 30 * 2) / 14;
    const chiSquare = counts
      .slice(1, 15)
      .reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(34.5); // 13 degrees of freedom, p = 0.001
  });

  test('masks 14.8 % of full rows with fixedK and 13.8 % with replacement', () => {
    const share = (selection: MaskSelection): number => {
      let distinct = 0;
      for (let counter = 0; counter < 2; counter++)
        for (const row of draw(selection, new Array(40).fill(128), 128, counter))
          distinct += new Set(row).size;
      return distinct / (2 * 40 * 128);
    };
    expect(share('fixedK')).toBe(19 / 128);
    // electra.md 1.1: 17.68 distinct positions of 126 candidates' 19 draws, here 80 rows
    // the limits: two standard deviations of 1.1 positions a row, and one and a half of 4.0
    expect(Math.abs(share('google-with-replacement') - 17.68 / 128)).toBeLessThan(0.002);
    expect(Math.abs(share('bernoulli') - (0.15 * 126) / 128)).toBeLessThan(0.005);
  });

  test('repeats with the same key and differs with the next counter', () => {
    for (const selection of SELECTIONS) {
      expect(draw(selection, [128], 128, 3)).toEqual(draw(selection, [128], 128, 3));
      expect(draw(selection, [128], 128, 3)).not.toEqual(draw(selection, [128], 128, 4));
    }
  });

  test('bernoulli drops what does not fit, keeping positions distinct', () => {
    tf.tidy(() => {
      const { weights, positions } = selectSlots(toyBatch(new Array(50).fill(64), 64), key(1), {
        selection: 'bernoulli',
        probability: 0.5,
        slots: 8,
        tokens: toyTokens,
      });
      expect(tf.sum(weights).dataSync()[0]).toBe(50 * 8);
      for (const row of positions.arraySync()) expect(new Set(row).size).toBe(8);
    });
  });
});

describe('a row with given slots', () => {
  const ids = () => tf.tensor2d([[2, 10, 11, 12, 3, 0]], [1, 6], 'int32');
  const slots = (positions: number[], weights: number[]) => ({
    positions: tf.tensor2d([positions], [1, positions.length], 'int32'),
    weights: tf.tensor2d([weights], [1, weights.length]),
  });

  test('shows [MASK] at live slots, and nothing at position 0 for dead ones', () => {
    tf.tidy(() => {
      const atSlot = slotMap(slots([3, 1, 0], [1, 1, 0]), 6);
      expect(idsAtSlots(ids(), atSlot).arraySync()).toEqual([[12, 10, 0]]);
      expect(maskIds(ids(), atSlot, toyTokens).arraySync()).toEqual([[2, 4, 11, 4, 3, 0]]);
    });
  });

  test('keeps the token where the slot does not show [MASK]', () => {
    tf.tidy(() => {
      const atSlot = slotMap(slots([3, 1, 0], [1, 1, 0]), 6);
      const shown = tf.tensor2d([[0, 1, 1]]);
      expect(maskIds(ids(), atSlot, toyTokens, shown).arraySync()).toEqual([[2, 4, 11, 12, 3, 0]]);
    });
  });

  test('takes the samples of live slots only', () => {
    tf.tidy(() => {
      const atSlot = slotMap(slots([3, 1, 0], [1, 1, 0]), 6);
      const samples = tf.tensor2d([[30, 0, 31]], [1, 3], 'int32');
      expect(writeAtSlots(ids(), atSlot, samples, false).arraySync()).toEqual([
        [2, 0, 11, 30, 3, 0],
      ]);
    });
  });

  test('with a doubled position writes the mean id, as Google does, and is masked if any slot says so', () => {
    tf.tidy(() => {
      const atSlot = slotMap(slots([3, 3, 1], [1, 1, 1]), 6);
      const samples = tf.tensor2d([[30, 33, 7]], [1, 3], 'int32');
      expect(writeAtSlots(ids(), atSlot, samples, true).arraySync()).toEqual([
        [2, 7, 11, 31, 3, 0],
      ]);
      const shown = tf.tensor2d([[0, 1, 0]]);
      expect(maskIds(ids(), atSlot, toyTokens, shown).arraySync()).toEqual([[2, 10, 11, 4, 3, 0]]);
    });
  });

  test('holds ids of large vocabularies exactly', () => {
    tf.tidy(() => {
      const large = tf.tensor2d([[2, 16_000_001, 9, 9, 3, 0]], [1, 6], 'int32');
      const atSlot = slotMap(slots([1, 2], [1, 1]), 6);
      expect(idsAtSlots(large, atSlot).arraySync()).toEqual([[16_000_001, 9]]);
    });
  });
});

test('drawShown shows [MASK] at 85 % of the slots', () => {
  const share = tf.tidy(() => tf.mean(drawShown(key(0), [200, 100], 0.85)).dataSync()[0]);
  expect(Math.abs(share - 0.85)).toBeLessThan(0.01); // four standard deviations
});

describe('defaultSlots', () => {
  test("are Google's 19, 79 and 130", () => {
    const slots = (p: number, length: number) =>
      defaultSlots(completeSettings({ maskProbability: p }), length);
    expect([slots(0.15, 128), slots(0.15, 512), slots(0.25, 512), slots(0.15, 3)]).toEqual([
      19, 79, 130, 1,
    ]);
  });

  test('leave room for three standard deviations with bernoulli', () => {
    expect(defaultSlots(completeSettings({ maskSelection: 'bernoulli' }), 128)).toBe(32);
    // binomial tail: 126 candidates, chance of 33 and more
    let chance = 0.85 ** 126;
    let enough = 0;
    for (let k = 0; k <= 32; k++) {
      enough += chance;
      chance *= ((126 - k) / (k + 1)) * (0.15 / 0.85);
    }
    expect(1 / (1 - enough)).toBeCloseTo(1277, -1);
  });
});

describe('completeSettings', () => {
  test('says which setting is wrong', () => {
    expect(() => completeSettings({ maskProbability: 0 })).toThrow(
      'electra-task: the setting "maskProbability" is 0, expected above 0 and below 1.\nSee ElectraSettings',
    );
    expect(() => completeSettings({ temperature: 0 })).toThrow('"temperature" is 0');
    expect(() => completeSettings({ maskSlots: 1.5 })).toThrow('"maskSlots" is 1.5');
    // a recipe read from JSON is not type-checked
    expect(() => completeSettings({ maskProb: 0.1 } as object)).toThrow('"maskProb" is unknown');
    const { tie } = DEFAULT_SETTINGS;
    expect(() => completeSettings({ tie: { mode: 'share', word: true } as Tying })).toThrow(
      '"tie.position" is undefined, expected true, false, "share" or "copyAtInit"',
    );
    expect(() => completeSettings({ tie: { ...tie, words: true } as Tying })).toThrow(
      '"tie.words" is unknown, expected one of mode, word, position',
    );
    expect(() => completeSettings({ disallowCorrect: 'no' } as object)).toThrow(
      '"disallowCorrect" is no, expected true or false',
    );
  });
});
