import { describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';

const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', '##b'];
const own = () => WordPieceTokenizer.fromVocab(VOCAB);
const advice = 'Leave its id out, or check that the files belong together.';

describe('the id of an added token', () => {
  test.each([-1, 9.5, 2 ** 33 + 5, Number.NaN, 1048575])('cannot be %d', (id) => {
    const error = new RangeError(
      `wordpiece: cannot add "zz" as ${id}: ids are integers from 0 to 1048574.\n${advice}`,
    );
    expect(() => own().addTokens([{ content: 'zz', id }])).toThrow(error);
    const json = own().toTokenizerJson();
    const added_tokens = [{ id, content: 'zz', special: false }];
    expect(() => WordPieceTokenizer.fromTokenizerJson({ ...json, added_tokens })).toThrow(error);
  });
  test('can be the largest there is, but then there is no next one', () => {
    const tokenizer = own();
    expect(tokenizer.addTokens([{ content: 'zz', id: 1048574 }])).toBe(1048575 - 8);
    expect([...tokenizer.encode('a zz', { addSpecialTokens: false }).ids]).toEqual([5, 1048574]);
    expect(() => tokenizer.addTokens(['yy'])).toThrow(
      new RangeError(
        `wordpiece: cannot add "yy" as 1048575: ids are integers from 0 to 1048574.\n${advice}`,
      ),
    );
  });
  test('is the next one after those given before it, and gaps count as rows of the embedding', () => {
    const tokenizer = own();
    expect(tokenizer.addTokens([{ content: 'x', id: 10 }, 'y', 'a', 'y'])).toBe(4);
    expect(['x', 'y', 'a'].map((token) => tokenizer.tokenToId(token))).toEqual([10, 11, 5]);
    expect(tokenizer.vocabSize).toBe(12);
    expect(tokenizer.addTokens([{ content: 'z', id: 9 }])).toBe(0);
  });
  test('cannot be that of another token of the same call', () => {
    expect(() =>
      own().addTokens([
        { content: 'x', id: 9 },
        { content: 'y', id: 9 },
      ]),
    ).toThrow(new RangeError(`wordpiece: cannot add "y" as 9: that id belongs to "x".\n${advice}`));
    expect(() => own().addTokens(['x', { content: 'x', id: 9 }])).toThrow(
      new RangeError(`wordpiece: cannot add "x" as 9: it is 8 already.\n${advice}`),
    );
  });
});

test.each<[string, unknown, string]>([
  [
    'an empty token',
    '',
    'cannot add a token: its content is empty, expected at least one character.',
  ],
  [
    'an id of another token',
    { content: 'x', id: 5 },
    'cannot add "x" as 5: that id belongs to "a".',
  ],
  ['a number', 5, 'bad argument: one of the added tokens is a number, expected an object.'],
])('nothing is added if one of the tokens is %s', (_, refused, message) => {
  const tokenizer = own();
  expect(() => tokenizer.addTokens(['ok', refused as string])).toThrow(`wordpiece: ${message}`);
  expect(tokenizer.tokenToId('ok')).toBeUndefined();
  expect(tokenizer.vocabSize).toBe(8);
  expect(tokenizer.addTokens(['ok'])).toBe(1);
  expect(tokenizer.tokenize('a ok')).toEqual(['a', 'ok']);
});

test('of tokens with the same start the longest is found, in whatever order they were added', () => {
  const tokenizer = own();
  tokenizer.addTokens(['<x', '<xyz', '<xy', { content: '<xY', normalized: false }]);
  expect(tokenizer.tokenize('<xyz<xya<xa<xY')).toEqual(['<xyz', '<xy', 'a', '<x', 'a', '<xY']);
});

test('20,000 tokens are added in time linear in their number', () => {
  const tokens = Array.from({ length: 20_000 }, (_, n) => `<tok${n}>`);
  const tokenizer = own();
  const start = process.cpuUsage();
  expect(tokenizer.addTokens(tokens)).toBe(20_000);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(2); // seconds; each against all others takes more than 8
  expect(tokenizer.tokenize('a<tok19999>')).toEqual(['a', '<tok19999>']);
});
