import { expect, test } from '@jest/globals';
import { newCounter } from './train.js';

test.each([0, 1, 2, 1 << 15, (1 << 15) + 1])(
  '%i words are the same when packed and added elsewhere',
  (count) => {
    const counter = newCounter({});
    for (let n = 0; n < count; n++) counter.add(`w${n} w${n % 3}`);
    const other = newCounter({});
    other.add('w0 elsewhere');
    other.addPacked(counter.packed());
    const expected = new Map([
      ['w0', 1],
      ['elsewhere', 1],
    ]);
    for (const [word, times] of counter.words())
      expected.set(word, times + (expected.get(word) ?? 0));
    expect(new Map(other.words())).toEqual(expected);
    expect(counter.words()).toHaveLength(count);
  },
);
