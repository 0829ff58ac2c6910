// What is refused, and what it says. Bad bytes, surrogates, vocabularies and ids: tokenizer.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  asTransformersCall,
  trainWordPiece,
  trainWordPieceFiles,
  WordPieceTokenizer,
} from './index.js';

const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', '##b'];
const tokenizer = WordPieceTokenizer.fromVocab(VOCAB);
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

const withOption = (option: object) => WordPieceTokenizer.fromVocab(VOCAB, option);

/** What a caller without a type checker may pass. */
const anything = (value: unknown) => value as never;

describe('arguments of another type are refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a number', () => tokenizer.encode(anything(12)), /text is a number, expected a string/],
    ['nothing', () => tokenizer.encode(anything(undefined)), /text is undefined, expected/],
    ['a null pair', () => tokenizer.encode('a', anything(null)), /pair is null, expected a string/],
    ['a batch of one string', () => tokenizer.encodeBatch(anything('ab')), /expected an array/],
    ['a batch of numbers', () => tokenizer.encodeBatch(anything([1])), /text is undefined/],
    ['one string for many', () => tokenizer.encodeRagged(anything('ab')), /expected an array/],
    ['numbers for texts', () => tokenizer.encodeRagged(anything([1])), /one of texts is a number/],
    ['a string for bytes', () => tokenizer.encodeBytes(anything('ab')), /utf8 is a string/],
    ['wide bytes', () => tokenizer.encodeBytes(anything(new Int32Array(1))), /a Uint8Array/],
    ['training on one string', () => trainWordPiece('abc'), /cannot train on one string/],
    ['a number for a pair', () => tokenizer.encode('a', anything(5)), /pair is a number, expected/],
    ['of normalize', () => tokenizer.normalize(anything(5)), /text is a number, expected a string/],
    ['an id', () => tokenizer.decode(anything(5)), /ids is a number, expected an array of numbers/],
    ['digits', () => tokenizer.decode(anything('56')), /ids is a string, expected an array of num/],
    [
      'ids as text',
      () => tokenizer.decode(anything(['5'])),
      /one of ids is a string, expected a n/,
    ],
    ['one row', () => tokenizer.decodeBatch(anything(Int32Array.of(5))), /rows is an object, exp/],
    ['one token', () => tokenizer.convertTokensToString(anything('ab')), /tokens is a string, exp/],
    ['one token to add', () => tokenizer.addTokens(anything('ok')), /tokens is a string, expected/],
    ['a map of tokens', () => WordPieceTokenizer.fromVocab(anything({})), /source is an object, e/],
    ['wide lines', () => WordPieceTokenizer.fromVocab(anything(new Int32Array(1))), /source is an/],
    [
      'number lines',
      () => WordPieceTokenizer.fromVocab(anything([5])),
      /one of the lines is a num/,
    ],
    [
      'added strings',
      () => withOption({ addedTokens: ['x'] }),
      /added tokens is a string, expected/,
    ],
    ['a null name', () => withOption({ padToken: null }), /padToken is null, expected a string/],
    [
      'training on numbers',
      () => trainWordPiece(anything([1, 'a'])),
      /one of texts is a number, e/,
    ],
    [
      'training on nothing',
      () => trainWordPiece(anything(5)),
      /texts is a number, expected an ite/,
    ],
    [
      'one special token',
      () => trainWordPiece(['a'], anything({ specialTokens: '[UNK]' })),
      /specialTokens is a string, expected an array/,
    ],
    [
      'an alphabet in one',
      () => trainWordPiece(['a'], anything({ initialAlphabet: 'xyz' })),
      /initialAlphabet is a string, expected an array/,
    ],
    [
      'a text of transformers.js',
      () => asTransformersCall(tokenizer)(anything(5)),
      /texts is a number, expected an array/,
    ],
    [
      'a pair of transformers.js',
      () => asTransformersCall(tokenizer)('a', anything({ text_pair: 5 })),
      /text_pair is a number, expected an array/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(TypeError);
  });
});

test('what is refused is named, with what was expected and what to do', () => {
  expect(() => tokenizer.decode(anything('56'))).toThrow(
    new TypeError(
      'wordpiece: bad argument: ids is a string, expected an array of numbers.\nPut a single id into an array.',
    ),
  );
  expect(() => withOption({ engine: 'wasm' })).toThrow(
    new RangeError(
      'wordpiece: bad option: engine is wasm, expected auto or typescript.\nCorrect the option.',
    ),
  );
});

test.each<[string, () => AsyncIterator<unknown> | Promise<unknown>, string]>([
  [
    'one string for a stream',
    () => tokenizer.encodeStream(anything('a b')),
    'source is a string, expected chunks of bytes.\nPut a single one into an array.',
  ],
  [
    'strings for its chunks',
    () => tokenizer.encodeStream(anything(['a b\n'])),
    'one of the chunks is a string, expected a Uint8Array.\nRead the stream without an encoding.',
  ],
  [
    'one chunk for a stream',
    () => tokenizer.encodeStream(anything(new Uint8Array(1))),
    'one of the chunks is a number, expected a Uint8Array.\nRead the stream without an encoding.',
  ],
  [
    'a list for a file',
    () => tokenizer.encodeFile(anything(['a'])),
    'path is an array, expected a string.\nPass the path of one file.',
  ],
  [
    'one path to train on',
    () => trainWordPieceFiles(anything('./f.txt')),
    'paths is a string, expected an array.\nPut a single one into an array.',
  ],
  [
    'no folder to save to',
    () => tokenizer.save(anything(undefined)),
    'folder is undefined, expected a string.\nPass the path of a folder.',
  ],
])('%s is refused', async (_, call, message) => {
  const answer = call();
  await expect('next' in answer ? answer.next() : answer).rejects.toThrow(
    new TypeError(`wordpiece: bad argument: ${message}`),
  );
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
      'reuse that is no flag',
      () => tokenizer.encodeRagged(texts, anything({ reuse: 'yes' })),
      /reuse is yes, expected true or false/,
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
    [
      'of decoding',
      () => tokenizer.decode([5], anything({ skip_special_tokens: false })),
      /not an/,
    ],
    [
      'a cleaning',
      () => tokenizer.decode([5], anything({ cleanUp: 'txt' })),
      /cleanUp is txt, exp/,
    ],
    [
      'a text for yes',
      () => withOption({ lowercase: 'no' }),
      /lowercase is no, expected true or f/,
    ],
    [
      'a wrapping',
      () => withOption({ postProcessor: 'gpt' }),
      /Processor is gpt, expected bert or n/,
    ],
    [
      'of an added token',
      () => tokenizer.addTokens([anything({ content: 'x', single_word: true })]),
      /single_word is not an option, expected content, id, special/,
    ],
    [
      'of transformers.js',
      () => asTransformersCall(tokenizer)('a a', anything({ maxLength: 2 })),
      /maxLength is not an option, expected text_pair, padding/,
    ],
    [
      'a tensor',
      () => asTransformersCall(tokenizer)('a a', anything({ return_tensor: true })),
      /return_tensor is true, expected false/,
    ],
    [
      'training in any case',
      () => trainWordPiece(texts, anything({ lowercase: 'no' })),
      /lowercase is no, expected true or false/,
    ],
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
    [anything({ reuse: 'yes' }), /reuse is yes, expected true or false/],
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
