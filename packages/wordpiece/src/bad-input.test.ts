// What is refused, and what it says. Bad bytes, surrogates, vocabularies and ids: tokenizer.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { asTransformersCall, trainWordPiece, WordPieceTokenizer } from './index.js';

const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', '##b'];
const tokenizer = WordPieceTokenizer.fromVocab(VOCAB);
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a caller without a type checker may pass. */
const anything = (value: unknown) => value as never;

describe('arguments of another type are refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a number', () => tokenizer.encode(anything(12)), /text is a number, expected a string/],
    ['nothing', () => tokenizer.encode(anything(undefined)), /text is a undefined, expected/],
    ['a null pair', () => tokenizer.encode('a', anything(null)), /pair is null, expected a string/],
    ['a batch of one string', () => tokenizer.encodeBatch(anything('ab')), /expected an array/],
    ['a batch of numbers', () => tokenizer.encodeBatch(anything([1])), /text is a undefined/],
    ['one string for many', () => tokenizer.encodeRagged(anything('ab')), /expected an array/],
    ['numbers for texts', () => tokenizer.encodeRagged(anything([1])), /one of texts is a number/],
    ['a string for bytes', () => tokenizer.encodeBytes(anything('ab')), /utf8 is a string/],
    ['wide bytes', () => tokenizer.encodeBytes(anything(new Int32Array(1))), /a Uint8Array/],
    ['training on one string', () => trainWordPiece('abc'), /cannot train on one string/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(TypeError);
  });
});

describe('options that make no sense are refused', () => {
  const texts = ['ab ab'];
  test.each<[string, () => unknown, RegExp]>([
    [
      'a width',
      () => tokenizer.encodeBytes(new Uint8Array(1), anything({ width: 'uint32' })),
      /width is uint32/,
    ],
    [
      'a misspelt name',
      () => tokenizer.encodeRagged(texts, anything({ widht: 1 })),
      /widht is not an option/,
    ],
    [
      'of training',
      () => trainWordPiece(texts, anything({ vocab_size: 9 })),
      /vocab_size is not an option/,
    ],
    ['no vocabulary', () => trainWordPiece(texts, { vocabSize: Number.NaN }), /vocabSize is NaN/],
    ['too large a one', () => trainWordPiece(texts, { vocabSize: 2 ** 21 }), /at most 1048575/],
    ['half a pair', () => trainWordPiece(texts, { minFrequency: 0.5 }), /minFrequency is 0.5/],
    ['no letters', () => trainWordPiece(texts, { maxTokenLength: 0 }), /maxTokenLength is 0/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(RangeError);
  });
  test.each([
    [{ workers: -1 }, /workers is -1, expected an integer from 0/],
    [{ workers: 1.5 }, /workers is 1.5/],
    [{ chunkBytes: 0 }, /chunkBytes is 0, expected an integer from 1/],
    [anything({ threads: 2 }), /threads is not an option/],
  ])('of streams: %j', async (options, message) => {
    await expect(tokenizer.encodeStream([], options).next()).rejects.toThrow(message);
    await expect(tokenizer.encodeFile('none', options).next()).rejects.toThrow(message);
  });
  test('pairs of another number than texts', () => {
    expect(() => asTransformersCall(tokenizer)(['a', 'b'], { text_pair: ['a'] })).toThrow(
      /text_pair has 1 entries, expected a list of 2/,
    );
  });
});

describe('files that make no sense are refused', () => {
  const json = tokenizer.toTokenizerJson() as Record<string, Record<string, unknown>>;
  const read = (change: object) => () =>
    WordPieceTokenizer.fromTokenizerJson({ ...json, ...change });
  test('an id that is no number is not taken for 0', () => {
    for (const id of [null, '', true, '5'])
      expect(read({ model: { ...json.model, vocab: { '[UNK]': id } } })).toThrow(
        /model.vocab\[…\] is .*, expected a number/,
      );
    for (const id of [-1, 0.5, 2 ** 20])
      expect(read({ model: { ...json.model, vocab: { '[UNK]': id } } })).toThrow(
        /id .* of "\[UNK\]", expected an integer from 0 to 1048574/,
      );
  });
  test('an added token without text or id', () => {
    expect(read({ added_tokens: [{ id: 9 }] })).toThrow(/content is missing, expected a string/);
    expect(read({ added_tokens: [{ content: 'x' }] })).toThrow(/id is missing, expected a number/);
    expect(read({ added_tokens: [{ id: 9, content: '' }] })).toThrow(/its content is empty/);
  });
  test('a vocabulary of more lines than ids', () => {
    expect(() => WordPieceTokenizer.fromVocab(new Array(1048576).fill('[UNK]'))).toThrow(
      /1048576 lines, expected at most 1048575/,
    );
  });
  test('a configuration that is not JSON, or not an object', async () => {
    writeFileSync(join(folder, 'vocab.txt'), VOCAB.join('\n'));
    for (const [text, message] of [
      ['{"do_lower_case": tru', /tokenizer_config.json: it is not JSON/],
      ['null', /tokenizer_config.json: it is null, expected an object/],
    ] as const) {
      writeFileSync(join(folder, 'tokenizer_config.json'), text);
      await expect(WordPieceTokenizer.fromPretrained(folder)).rejects.toThrow(message);
    }
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"do_lower_case": false}');
    const url = pathToFileURL(folder); // without a slash at its end
    expect((await WordPieceTokenizer.fromPretrained(url)).tokenize('A a')).toEqual(['[UNK]', 'a']);
  });
  test('a token that looks like a pattern is found as it is written', () => {
    const own = WordPieceTokenizer.fromVocab(VOCAB);
    own.addTokens(['(a+)+$', '.*', '[a-z]']);
    expect(own.tokenize('aaaa (a+)+$ .* b[a-z]')).toEqual(['[UNK]', '(a+)+$', '.*', 'b', '[a-z]']);
  });
  test('names of object prototypes are tokens like others', () => {
    const own = WordPieceTokenizer.fromVocab([...VOCAB, 'constructor', '__proto__', 'toString']);
    const again = WordPieceTokenizer.fromTokenizerJson(JSON.stringify(own.toTokenizerJson()));
    expect(again.getVocab()).toEqual(own.getVocab());
    expect(again.tokenToId('__proto__')).toBe(9);
    expect(again.tokenToId('valueOf')).toBeUndefined();
  });
});
