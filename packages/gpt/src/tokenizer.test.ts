import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OpenAIGPTTokenizer } from './tokenizer.js';
import { splitWords } from './words.js';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
const json = read('tokenizer.json');
const fixture: {
  hash: string;
  cases: { text: string; ids: number[]; decoded: string; plain: string }[];
  pairs: { pair: [string, string]; maxLength: number | null; ids: number[] }[];
} = read('tokenizer-cases.json');
const tokenizer = OpenAIGPTTokenizer.fromTokenizerJson(json);
/** The smallest one: merges "a" + "b" at the end of words, then in them. */
const tiny = {
  vocab: { '<unk>': 0, a: 1, b: 2, 'a</w>': 3, 'b</w>': 4, 'ab</w>': 5, ab: 6 },
  merges: [
    ['a', 'b</w>'],
    ['a', 'b'],
  ],
} as const;

describe('against Hugging Face', () => {
  test('every code point is folded, split and left out alike', () => {
    const hash = createHash('sha256');
    for (let plane = 0; plane < 0x110000; plane += 0x1000) {
      let lines = '';
      for (let code = plane; code < plane + 0x1000; code++) {
        if (code >= 0xd800 && code < 0xe000) continue;
        lines += `${splitWords(`a${String.fromCodePoint(code)}b`).join(' ')}\n`;
      }
      hash.update(lines);
    }
    expect(hash.digest('hex')).toBe(fixture.hash);
  });

  test('texts have the same ids', () => {
    for (const { text, ids } of fixture.cases)
      expect([text, [...tokenizer.encode(text)]]).toEqual([text, ids]);
  });

  test('ids have the same text', () => {
    for (const { ids, decoded, plain } of fixture.cases) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(plain);
    }
  });

  test('pairs are joined and cut alike', () => {
    for (const { pair, maxLength, ids } of fixture.pairs) {
      const [text, second] = pair;
      const found = tokenizer.encode(text, { pair: second, maxLength: maxLength ?? undefined });
      expect([pair, maxLength, [...found]]).toEqual([pair, maxLength, ids]);
    }
  });
});

describe('byte pairs', () => {
  test('are merged by rank, then from the left', () => {
    const small = new OpenAIGPTTokenizer(tiny);
    expect(small.tokenize('ab abab ba aab')).toEqual(
      'ab</w> ab ab</w> b a</w> a ab</w>'.split(' '),
    );
    expect(small.tokenize('acb')).toEqual(['a', '<unk>', 'b</w>']);
  });

  test('of a very long word take no quadratic time', () => {
    const small = new OpenAIGPTTokenizer(tiny);
    /** Processor time, the least of several: what else the machine does only adds to it. */
    const cost = (pairs: number): number => {
      const word = 'ab'.repeat(pairs);
      const times = Array.from({ length: 5 }, () => {
        const begin = process.cpuUsage();
        expect(small.encode(word).length).toBe(pairs);
        const { user, system } = process.cpuUsage(begin);
        return user + system;
      });
      return Math.min(...times);
    };
    // eight times as long: 8 and a little where time is linear, 64 where it is quadratic
    expect(cost(200_000) / cost(25_000)).toBeLessThan(22);
  });

  test('stated twice have the later place, as in Hugging Face', () => {
    const vocab = Object.fromEntries(
      ['<unk>', 'a', 'b', 'c</w>', 'ab', 'bc</w>'].map((piece, id) => [piece, id]),
    );
    const [ab, bc] = [['a', 'b'] as const, ['b', 'c</w>'] as const];
    const pieces = (merges: (typeof ab | typeof bc)[]) =>
      new OpenAIGPTTokenizer({ vocab, merges }).tokenize('abc');
    expect(pieces([ab, bc])).toEqual(['ab', 'c</w>']);
    expect(pieces([ab, bc, ab])).toEqual(['a', 'bc</w>']);
  });

  test('outside the vocabulary are refused', () => {
    const merges = [...tiny.merges, ['b', 'b'] as const];
    expect(() => new OpenAIGPTTokenizer({ ...tiny, merges })).toThrow(
      'gpt: cannot merge "b" and "b": the vocabulary has no "bb".',
    );
  });
});

test.each([-1, 1.5, Number.NaN])('a text is not cut to %p tokens', (maxLength) => {
  expect(() => tokenizer.encode('the', { maxLength })).toThrow(
    `\`maxLength\` is ${maxLength}, expected a whole number from 0.`,
  );
});

test('a batch is padded at the end', () => {
  const small = new OpenAIGPTTokenizer(tiny);
  const batch = small.encodeBatch(['ab ab ab', ['a', 'b']], { maxLength: 3, padTokenId: 6 });
  expect(batch).toEqual({
    inputIds: Int32Array.of(5, 5, 5, 3, 4, 6),
    attentionMask: Int32Array.of(1, 1, 1, 1, 1, 0),
    shape: [2, 3],
  });
  expect(small.encodeBatch([]).shape).toEqual([0, 0]);
});

describe('files', () => {
  test('come back in both layouts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gpt-tokenizer-'));
    await tokenizer.save(folder);
    const text = 'The old bird <pad> watches Straße';
    const again = await OpenAIGPTTokenizer.fromPretrained(folder);
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
    expect([again.vocabSize, again.modelMaxLength]).toEqual([tokenizer.vocabSize, Infinity]);
    await unlink(join(folder, 'tokenizer.json'));
    await writeFile(join(folder, 'tokenizer_config.json'), '{"model_max_length":512}');
    const older = await OpenAIGPTTokenizer.fromPretrained(folder);
    expect(older.encode('The old bird')).toEqual(tokenizer.encode('The old bird'));
    expect(older.modelMaxLength).toBe(512);
    await writeFile(join(folder, 'vocab.json'), '{"a": 1');
    await expect(OpenAIGPTTokenizer.fromPretrained(folder)).rejects.toThrow(
      'gpt: cannot read vocab.json: found no JSON (',
    );
    await unlink(join(folder, 'merges.txt'));
    await expect(OpenAIGPTTokenizer.fromPretrained(folder)).rejects.toThrow(
      'neither tokenizer.json nor vocab.json with merges.txt is there',
    );
    await rm(folder, { recursive: true });
  });

  test.each([
    ['\'normalizer.type\' is undefined, expected "BertNormalizer"', { normalizer: null }],
    ['\'pre_tokenizer.type\' is "ByteLevel"', { pre_tokenizer: { type: 'ByteLevel' } }],
    ["'model.dropout' is 0.1, expected null", { model: { ...json.model, dropout: 0.1 } }],
    ["'model.ignore_merges' is true", { model: { ...json.model, ignore_merges: true } }],
    ["'model.unk_token' is null, expected a", { model: { ...json.model, unk_token: null } }],
    ["'model.vocab' is [0], expected an obj", { model: { ...json.model, vocab: [0] } }],
    ["'model.merges' is undefined, expected", { model: { ...json.model, merges: undefined } }],
    [
      'expected none, or one that inserts no',
      { post_processor: { type: 'TemplateProcessing', special_tokens: { '<unk>': {} } } },
    ],
    ['\'post_processor\' is {"type":"Bert', { post_processor: { type: 'BertProcessing' } }],
    ['found ["a","b","c"], expected two', { model: { ...json.model, merges: [['a', 'b', 'c']] } }],
    ["'model.end_of_word_suffix' is null", { model: { ...json.model, end_of_word_suffix: null } }],
    ['cannot read a merge: found "a"', { model: { ...json.model, merges: ['a'] } }],
    ['the id of "a" is -1', { model: { ...json.model, vocab: { a: -1 } } }],
    ['the vocabulary has no "[UNK]"', { model: { ...json.model, unk_token: '[UNK]' } }],
    ['\'content of an added token\' is ""', { added_tokens: [{ id: 900, content: '' }] }],
    ['the added token "a" (900) has the id', { added_tokens: [{ id: 900, content: 'a' }] }],
    ['the id of "x" is 1.5, expected an in', { added_tokens: [{ id: 1.5, content: 'x' }] }],
    ['or not special', { added_tokens: [{ id: 900, content: 'x', special: false }] }],
    ['the added token "x" is', { added_tokens: [{ id: 9, content: 'x', lstrip: true }] }],
    ['both have the id 1', { added_tokens: [{ id: 1, content: '<x>' }] }],
  ])('of another tokenizer are refused: %s', (message, changes) => {
    expect(() => OpenAIGPTTokenizer.fromTokenizerJson({ ...json, ...changes })).toThrow(message);
  });
});
