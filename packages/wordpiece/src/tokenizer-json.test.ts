// What a tokenizer.json says beside its model, and what the caller says on top. The ids and texts are those of
// Hugging Face's `Tokenizer.from_str` (tokenizers 0.23.3) for the same file.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';

const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', '##b', '.'];
const json = WordPieceTokenizer.fromVocab(VOCAB).toTokenizerJson();
const read = (change: object) => WordPieceTokenizer.fromTokenizerJson({ ...json, ...change });
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** By saving and loading, and by the value of the file. */
async function readAgain(tokenizer: WordPieceTokenizer): Promise<WordPieceTokenizer[]> {
  await tokenizer.save(folder);
  return [
    await WordPieceTokenizer.fromPretrained(folder),
    WordPieceTokenizer.fromTokenizerJson(JSON.stringify(tokenizer.toTokenizerJson())),
  ];
}

test('without a post-processor nothing is put around texts, also after saving', async () => {
  const bare = read({ post_processor: null });
  for (const tokenizer of [bare, ...(await readAgain(bare))]) {
    const { ids, typeIds, specialTokensMask } = tokenizer.encode('a . [MASK]', 'ab');
    expect([...ids]).toEqual([5, 8, 4, 5, 7]);
    expect([...typeIds]).toEqual([0, 0, 0, 1, 1]);
    expect([...specialTokensMask]).toEqual([0, 0, 0, 0, 0]);
    expect([...tokenizer.encode('a a a', { truncation: true, maxLength: 2 }).ids]).toEqual([5, 5]);
    expect([false, true].map((hasPair) => tokenizer.numSpecialTokensToAdd(hasPair))).toEqual([
      0, 0,
    ]);
    expect(tokenizer.config).toEqual(bare.config);
  }
  expect([...read({}).encode('a .').ids]).toEqual([2, 5, 8, 3]);
});

describe('the decoder', () => {
  const decoder = (change: object) =>
    read({ decoder: { type: 'WordPiece', prefix: '##', cleanup: true, ...change } });
  test('says whether decoding cleans up if its call does not, also after saving', async () => {
    const uncleaned = decoder({ cleanup: false });
    for (const tokenizer of [uncleaned, ...(await readAgain(uncleaned))]) {
      expect(tokenizer.decode([5, 7, 8])).toBe('ab .');
      expect(tokenizer.decode([5, 7, 8], { cleanUp: 'tokens' })).toBe('ab.');
      expect(tokenizer.convertTokensToString(['a', '.'])).toBe('a .');
    }
    expect(decoder({}).decode([5, 7, 8])).toBe('ab.');
    expect(decoder({}).decode([5, 7, 8], { cleanUp: false })).toBe('ab .');
  });
  test('may be left out', () => {
    expect(read({ decoder: null }).decode([5, 7, 8])).toBe('ab.');
  });
  test('is refused if it is another one, or joins by another prefix', () => {
    const advice =
      "Only BERT's WordPiece tokenizers are read; use the library the file was made for.";
    expect(() => decoder({ type: 'ByteLevel' })).toThrow(
      new RangeError(
        `wordpiece: cannot read tokenizer.json: decoder is "ByteLevel", expected WordPiece.\n${advice}`,
      ),
    );
    expect(() => decoder({ prefix: '@@' })).toThrow(
      new RangeError(
        `wordpiece: cannot read tokenizer.json: decoder.prefix is "@@", expected "##".\n${advice}`,
      ),
    );
  });
});

describe("the caller's options", () => {
  const cased = WordPieceTokenizer.fromVocab(VOCAB, { lowercase: false, modelMaxLength: 7 });
  cased.addTokens(['foo']);
  const options = { lowercase: undefined, modelMaxLength: undefined, addedTokens: undefined };
  test('leave to the file what is undefined', async () => {
    await cased.save(folder);
    for (const tokenizer of [
      await WordPieceTokenizer.fromPretrained(folder, options),
      WordPieceTokenizer.fromTokenizerJson(cased.toTokenizerJson(), options),
    ])
      expect(tokenizer.tokenize('A a foo')).toEqual(['[UNK]', 'a', 'foo']);
    const loaded = await WordPieceTokenizer.fromPretrained(folder, options);
    expect(loaded.config).toEqual(cased.config);
  });
  test("go before the file's, and their tokens beside the file's", () => {
    const tokenizer = WordPieceTokenizer.fromTokenizerJson(cased.toTokenizerJson(), {
      lowercase: true,
      addedTokens: [{ content: 'bar' }],
    });
    expect(tokenizer.tokenize('A foo bar')).toEqual(['a', 'foo', 'bar']);
    expect(['foo', 'bar'].map((token) => tokenizer.tokenToId(token))).toEqual([9, 10]);
  });
});
