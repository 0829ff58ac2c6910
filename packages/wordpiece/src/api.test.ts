// The calls that other tests leave out, each with values worked out by hand.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type CorpusBlueprint, CorpusTokenizer, WordPieceTokenizer } from './index.js';

const VOCAB = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', '##b'];
const tokenizer = WordPieceTokenizer.fromVocab(VOCAB);

test('tokens and ids', () => {
  expect(tokenizer.vocabSize).toBe(8);
  expect([...tokenizer.getVocab()]).toEqual(VOCAB.map((token, id) => [token, id]));
  expect(tokenizer.tokenToId('##b')).toBe(7);
  expect(tokenizer.tokenToId('c')).toBeUndefined();
  expect(tokenizer.idToToken(4)).toBe('[MASK]');
  expect(tokenizer.idToToken(8)).toBeUndefined();
  expect([false, true].map((hasPair) => tokenizer.numSpecialTokensToAdd(hasPair))).toEqual([2, 3]);
});

test('the text that the tokenizer sees', () => {
  expect(tokenizer.normalize('Ünï\tΣ\u0000中')).toBe('uni σ 中 ');
});

test('decoding of many rows', () => {
  expect(
    tokenizer.decodeBatch([
      [2, 5, 7, 3, 0],
      [2, 6, 5, 3],
    ]),
  ).toEqual(['ab', 'b a']);
});

describe('an encoding', () => {
  const encoding = tokenizer.encode('a b', 'ab', { offsets: true });
  test('says which text a token is of', () => {
    expect([...encoding.ids]).toEqual([2, 5, 6, 3, 5, 7, 3]);
    expect([...encoding.sequenceIds]).toEqual([-1, 0, 0, -1, 1, 1, -1]);
    expect([...encoding.wordIds]).toEqual([-1, 0, 1, -1, 0, 0, -1]);
    expect(encoding.wordToTokens(0, 1)).toEqual([4, 6]);
    expect(encoding.charToToken(1, 1)).toBe(5);
    expect(encoding.wordToTokens(2)).toBeUndefined();
  });
  test('is filled up on either side, all its arrays alike', () => {
    const padded = encoding.pad({ id: 0, length: 9, side: 'left' });
    expect([...padded.ids]).toEqual([0, 0, 2, 5, 6, 3, 5, 7, 3]);
    expect([...padded.typeIds]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect([...padded.attentionMask]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect([...padded.specialTokensMask]).toEqual([1, 1, 1, 0, 0, 1, 0, 0, 1]);
    expect([...padded.offsets].slice(0, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect(padded.tokenToChars(7)).toEqual([1, 2]);
    expect([...padded.pad({ id: 0, length: 8, side: 'right' }).ids].at(-1)).toBe(0);
    expect(padded.pad({ id: 0, length: 2, side: 'right' }).length).toBe(7);
  });
});

test('a folder on a web server', async () => {
  const files: Record<string, string> = {
    '/model/vocab.txt': VOCAB.join('\n'),
    '/model/tokenizer_config.json': '{"do_lower_case": false, "model_max_length": 6}',
  };
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.statusCode = request.url?.startsWith('/broken') ? 500 : body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const root = `http://127.0.0.1:${port}`;
    const own = await WordPieceTokenizer.fromPretrained(`${root}/model`);
    expect(own.tokenize('A ab')).toEqual(['[UNK]', 'a', '##b']);
    expect(own.config.modelMaxLength).toBe(6);
    await expect(WordPieceTokenizer.fromPretrained(`${root}/broken/`)).rejects.toThrow(
      /cannot fetch tokenizer_config.json from .*: status 500, expected 200 or 404/,
    );
    await expect(WordPieceTokenizer.fromPretrained(`${root}/none`)).rejects.toThrow(/neither/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

describe('a blueprint', () => {
  const lines = ['ab b', 'a c', '[CLS] abb'];
  const text = new TextEncoder().encode(lines.join('\n'));
  test('makes the calls for a corpus again, wherever it is sent', () => {
    const copy = CorpusTokenizer.fromBlueprint(tokenizer.blueprint);
    for (const width of ['int32', 'uint16'] as const) {
      expect(copy.encodeBytes(text, { width })).toEqual(tokenizer.encodeBytes(text, { width }));
      expect(copy.encodeRagged(lines, { width })).toEqual(tokenizer.encodeRagged(lines, { width }));
    }
    expect([...copy.encodeRagged(['ab']).ids]).toEqual([5, 7]);
  });
  test('knows the size of the vocabulary', () => {
    const many = Array.from({ length: 65_537 }, (_, id) => (id === 1 ? '[UNK]' : `t${id}`));
    const copy = CorpusTokenizer.fromBlueprint(WordPieceTokenizer.fromVocab(many).blueprint);
    expect(() => copy.encodeBytes(text, { width: 'uint16' })).toThrow(/there are 65537/);
  });
  test.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['one that was JSON', JSON.parse(JSON.stringify(tokenizer.blueprint))],
  ])('%s is none', (_, value) => {
    expect(() => CorpusTokenizer.fromBlueprint(value as CorpusBlueprint)).toThrow(
      /expected what WordPieceTokenizer.blueprint gives.\n.*does not survive JSON/,
    );
  });
});
