import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { asTransformersCall, type Encoding, WordPieceTokenizer } from './index.js';
import { LineReader, lineRanges } from './line-ranges.js';
import { mixedLines, smallVocabulary } from './test-support.js';

const VOCAB =
  "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able ##a ab , 你 σ ##σ [ ] mask . l ' eu".split(' ');
const tokenizer = WordPieceTokenizer.fromVocab(VOCAB);
const tokens = (text: string) => tokenizer.tokenize(text);
const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('words', () => {
  test('are cut into the longest pieces from the left', () => {
    expect(tokens('unaffable')).toEqual(['un', '##aff', '##able']);
    expect(tokens('aba')).toEqual(['ab', '##a']);
  });
  test('are unknown as a whole if any part is', () => {
    expect(tokens('unaffx ab')).toEqual(['[UNK]', 'ab']);
  });
  test('of more than 100 code points are unknown', () => {
    expect(tokens(`ab${'a'.repeat(98)}`)).toHaveLength(99);
    expect(tokens(`ab${'a'.repeat(99)}`)).toEqual(['[UNK]']);
  });
  test('end at white space, punctuation and Chinese characters', () => {
    expect(tokens('ab,ab\u2028ab你ab')).toEqual(['ab', ',', 'ab', 'ab', '你', 'ab']);
  });
  test('are joined across removed characters', () => {
    expect(tokens('a\u200bb a\u0000b a\u0085b')).toEqual(['ab', 'ab', 'ab']);
  });
  test('are lowercased a code point at a time, without final sigma', () => {
    expect(tokens('ΣΣ')).toEqual(['σ', '##σ']);
  });
  test('drop lone surrogates, which UTF-8 turns into U+FFFD', () => {
    expect(tokens('a\ud800b \udc00')).toEqual(['ab']);
    expect(tokens(`${'ab '.repeat(20)}a\ud800b`)).toHaveLength(21);
  });
  test('of ten megabytes are unknown, in time linear in their length', () => {
    expect(tokens('x'.repeat(1e7))).toEqual(['[UNK]']);
  });
});

describe('an encoding', () => {
  test('has special tokens around the text and its pair', () => {
    const { ids, typeIds, attentionMask } = tokenizer.encode('ab', 'ab a');
    expect([...ids]).toEqual([2, 9, 3, 9, 1, 3]);
    expect([...typeIds]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...attentionMask]).toEqual([1, 1, 1, 1, 1, 1]);
  });
  test('of an empty text is its special tokens', () => {
    expect([...tokenizer.encode('').ids]).toEqual([2, 3]);
  });
  test('takes special tokens in corpus text as text', () => {
    expect([...tokenizer.encode('[MASK]').ids]).toEqual([2, 4, 3]);
    expect(tokenizer.encode('[MASK]', { addSpecialTokens: false }).tokens).toEqual([
      '[',
      'mask',
      ']',
    ]);
  });
  test('gives offsets in UTF-16 units, code points or bytes', () => {
    const places = (offsetUnit: 'utf16' | 'codepoint' | 'byte') =>
      [...tokenizer.encode('😀 ab', { offsets: true, offsetUnit }).offsets].slice(4, 6);
    expect(places('utf16')).toEqual([3, 5]);
    expect(places('codepoint')).toEqual([2, 4]);
    expect(places('byte')).toEqual([5, 7]);
  });
  test('has the same places with either engine', () => {
    for (const options of [{}, { lowercase: false }, { stripAccents: false, cleanText: false }]) {
      const [fast, slow] = (['auto', 'typescript'] as const).map((engine) =>
        WordPieceTokenizer.fromVocab(smallVocabulary(), { ...options, engine }),
      );
      for (const line of [
        ...mixedLines(300, 9),
        '한국어 Ⅷﬁ e\u0301 naïve 😀x',
        'unaffable '.repeat(40),
      ]) {
        const places = ({ ids, offsets, wordIds }: Encoding) => [...ids, ...offsets, ...wordIds];
        expect(places(fast.encode(line, { offsets: true }))).toEqual(
          places(slow.encode(line, { offsets: true })),
        );
      }
    }
  });
  test('has arrays of its own', () => {
    const [a, b] = ['ab un', 'ab un'].map((text) => tokenizer.encode(text, { offsets: true }));
    for (const name of [
      'ids',
      'typeIds',
      'attentionMask',
      'specialTokensMask',
      'wordIds',
    ] as const) {
      const before = [...b[name]];
      a[name].fill(7);
      expect([...b[name]]).toEqual(before);
    }
    expect([...a.offsets]).toEqual([0, 0, 0, 2, 3, 5, 0, 0]);
  });
  test('finds tokens by place and words by number', () => {
    const encoding = tokenizer.encode('unaffable, ab', { offsets: true });
    expect(encoding.charToToken(3)).toBe(2);
    expect(encoding.charToToken(10)).toBeUndefined();
    expect(encoding.tokenToChars(2)).toEqual([2, 5]);
    expect(encoding.tokenToChars(0)).toBeUndefined();
    expect(encoding.wordToTokens(0)).toEqual([1, 4]);
    expect([...encoding.wordIds]).toEqual([-1, 0, 0, 0, 1, 2, -1]);
  });
  test('keeps what was cut as windows that overlap by the stride', () => {
    const { ids, overflowing } = tokenizer.encode('ab , 你 . l', {
      truncation: true,
      maxLength: 5,
      stride: 1,
      returnOverflowing: true,
    });
    expect([ids, ...overflowing.map((window) => window.ids)].map((row) => [...row])).toEqual([
      [2, 9, 10, 11, 3],
      [2, 11, 17, 18, 3],
    ]);
  });
});

test('the call of transformers.js gives plain arrays', () => {
  const call = asTransformersCall(tokenizer);
  expect(call(['ab', 'ab un'], { padding: true })).toEqual({
    input_ids: [
      [2, 9, 3, 0],
      [2, 9, 5, 3],
    ],
    attention_mask: [
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ],
    token_type_ids: [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  });
  expect(call('ab', { text_pair: 'un' }).token_type_ids).toEqual([0, 0, 0, 1, 1]);
});

test('a batch has rows of equal length, and a row for each window', () => {
  const batch = tokenizer.encodeBatch(['ab', ['ab', 'un']], { paddingSide: 'left' });
  expect([batch.rows, batch.columns]).toEqual([2, 5]);
  expect([...batch.ids]).toEqual([0, 0, 2, 9, 3, 2, 9, 3, 5, 3]);
  expect([...batch.attentionMask]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect([...batch.typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  const cut = tokenizer.encodeBatch(['ab , 你', 'ab'], {
    truncation: true,
    maxLength: 4,
    returnOverflowing: true,
  });
  expect([...cut.texts]).toEqual([0, 0, 1]);
});

describe('decoding', () => {
  test('joins pieces and drops special tokens', () => {
    expect(tokenizer.decode(tokenizer.encode('Unaffable, ab').ids)).toBe('unaffable, ab');
    expect(tokenizer.decode([2, 9, 3], { skipSpecialTokens: false })).toBe('[CLS] ab [SEP]');
  });
  test('cleans each token as Rust does, or the text as Python does', () => {
    const { ids } = tokenizer.encode("l'eu.");
    expect(tokenizer.decode(ids)).toBe("l ' eu.");
    expect(tokenizer.decode(ids, { cleanUp: 'text' })).toBe("l'eu.");
    expect(tokenizer.decode(ids, { cleanUp: false })).toBe("l ' eu .");
  });

  test('joins tokens that no vocabulary has, as decode does', () => {
    expect(tokenizer.convertTokensToString(['Zo', '##ë', ',', 'it', "'", 's', '?'])).toBe(
      "Zoë, it ' s?",
    );
    expect(tokenizer.convertTokensToString(['##ë', '##n'])).toBe('##ën');
    expect(tokenizer.convertTokensToString([])).toBe('');
  });
  test('refuses ids that no token has', () => {
    expect(() => tokenizer.decode([21])).toThrow(/unknown id: 21, expected 0 to 20/);
  });
});

describe('added tokens', () => {
  test('get the next ids and are found before words are split', () => {
    const own = WordPieceTokenizer.fromVocab(VOCAB);
    expect(own.addTokens(['C++', { content: '<|x|>', special: true }, 'ab'])).toBe(2);
    expect(own.tokenize('ab c++ab<|x|>')).toEqual(['ab', 'C++', 'ab', '<|x|>']);
    expect(own.vocabSize).toBe(23);
    expect(own.decode([21, 22])).toBe('C++');
  });
  test('cannot take the id of another token', () => {
    expect(() =>
      WordPieceTokenizer.fromVocab(VOCAB, { addedTokens: [{ content: 'x', id: 5 }] }),
    ).toThrow(/cannot add "x" as 5: that id belongs to "un"/);
  });
});

describe('bytes and streams', () => {
  const lines = mixedLines(150, 5).map((line) => line.replace(/\r/g, ''));
  const own = WordPieceTokenizer.fromVocab(smallVocabulary());
  const bytes = new TextEncoder().encode(lines.join('\n'));
  const expected = own.encodeRagged(lines);

  test('give the ids of single calls, in either engine and width', () => {
    const rows = lines.map((line) => [...own.encode(line, { addSpecialTokens: false }).ids]);
    expect([...expected.ids]).toEqual(rows.flat());
    const slow = WordPieceTokenizer.fromVocab(smallVocabulary(), { engine: 'typescript' });
    for (const found of [own.encodeBytes(bytes), slow.encodeBytes(bytes), slow.encodeRagged(lines)])
      expect(found).toEqual(expected);
    const narrow = own.encodeBytes(bytes, { width: 'uint16' });
    expect(narrow.ids).toEqual(Uint16Array.from(expected.ids));
  });

  test('are views of the same memory if it may be reused, else arrays of their own', () => {
    const [first, second] = [own.encodeBytes(bytes), own.encodeRagged(lines)];
    const [view, later] = [
      own.encodeBytes(bytes, { reuse: true }),
      own.encodeRagged(lines, { reuse: true }),
    ];
    for (const found of [first, second, view, later]) expect(found).toEqual(expected);
    expect(later.ids.buffer).toBe(view.ids.buffer);
    expect(later.rowSplits.buffer).toBe(view.rowSplits.buffer);
    expect(second.ids.buffer).not.toBe(first.ids.buffer);
  });
  test('do not depend on how a stream is cut', async () => {
    for (const size of [1, 7, 1000]) {
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
        bytes.subarray(k * size, (k + 1) * size),
      );
      const ids: number[] = [];
      for await (const chunk of own.encodeStream(parts, { chunkBytes: 500 }))
        ids.push(...chunk.ids);
      expect(ids).toEqual([...expected.ids]);
    }
  });
  test('do not depend on the number of workers', async () => {
    const path = join(folder, 'lines.txt');
    writeFileSync(path, bytes);
    const ids: number[] = [];
    for await (const chunk of own.encodeFile(path, { workers: 2, chunkBytes: 4000 }))
      ids.push(...chunk.ids);
    expect(ids).toEqual([...expected.ids]);
  });
  test('do not depend on where a file is cut into ranges', () => {
    const path = join(folder, 'ranges.txt');
    for (const text of [
      '',
      '\n',
      'ab',
      'ab\n',
      '\n\nab\n\nab ab\r\nab',
      'a\n'.repeat(9),
      'x'.repeat(70000),
    ]) {
      writeFileSync(path, text);
      const reader = new LineReader(path);
      for (const size of [1, 2, 3, 5, 40000, 1e6]) {
        const parts = Array.from(lineRanges(text.length, size), (range) =>
          reader.read(range).slice(),
        );
        expect(Buffer.concat(parts).toString()).toBe(text);
        const filled = parts.filter((part) => part.length > 0);
        for (const part of filled.slice(0, -1)) expect(part[part.length - 1]).toBe(10);
      }
    }
  });
  test('take bytes that are no UTF-8 as U+FFFD', () => {
    const broken = Uint8Array.from([0x61, 0xff, 0x62, 0x0a, 0x61, 0xe2, 0x82]);
    expect([...tokenizer.encodeBytes(broken).ids]).toEqual([9, 1]);
  });
  test('refuse 16-bit ids for a large vocabulary', () => {
    const large = WordPieceTokenizer.fromVocab([
      ...VOCAB,
      ...Array.from({ length: 70000 }, (_, k) => `w${k}`),
    ]);
    expect(() => large.encodeBytes(bytes, { width: 'uint16' })).toThrow(/expected at most 65536/);
    expect(large.encode('w69999', { addSpecialTokens: false }).ids).toEqual(Int32Array.of(70020));
  });
});

describe('vocabularies', () => {
  const ids = (source: string | Uint8Array) => [
    ...WordPieceTokenizer.fromVocab(source).encode('ab un').ids,
  ];
  test('may have a byte order mark, CRLF, empty lines; the last of equal lines has the token', () => {
    const text = VOCAB.join('\n');
    expect(ids(`\ufeff${text}\n`)).toEqual([2, 9, 5, 3]);
    expect(ids(new TextEncoder().encode(VOCAB.join('\r\n')))).toEqual([2, 9, 5, 3]);
    expect(ids(`${text}\n\n\nab\n`)).toEqual([2, 23, 5, 3]);
  });
  test('must be UTF-8 and have the unknown token', () => {
    expect(() => ids(Uint8Array.of(0xff, 0x0a))).toThrow(/its bytes are not UTF-8/);
    expect(() => ids('[PAD]\na\n')).toThrow(/it has no \[UNK\]/);
  });
});

describe('a saved tokenizer', () => {
  test('is read back with all it knows', async () => {
    const own = WordPieceTokenizer.fromVocab(VOCAB, { lowercase: false, modelMaxLength: 128 });
    own.addTokens([
      { content: 'new', singleWord: true },
      { content: '<x>', special: true },
    ]);
    await own.save(join(folder, 'saved'));
    const again = await WordPieceTokenizer.fromPretrained(join(folder, 'saved'));
    expect(again.config).toEqual(own.config);
    expect(again.toTokenizerJson()).toEqual(own.toTokenizerJson());
    expect(again.encode('ab new <x>').ids).toEqual(own.encode('ab new <x>').ids);
    expect(readFileSync(join(folder, 'saved/vocab.txt'), 'utf8')).toBe(`${VOCAB.join('\n')}\n`);
    rmSync(join(folder, 'saved/tokenizer.json'));
    const fromLines = await WordPieceTokenizer.fromPretrained(join(folder, 'saved'));
    expect(fromLines.encode('ab new <x>').ids).toEqual(own.encode('ab new <x>').ids);
  });
  test('is missing in a folder without its files', async () => {
    await expect(WordPieceTokenizer.fromPretrained(folder)).rejects.toThrow(
      /neither tokenizer.json nor vocab.txt is there/,
    );
  });
  test('is refused if it is of another kind', () => {
    const json = tokenizer.toTokenizerJson() as Record<string, Record<string, unknown>>;
    const read = (change: object) => () =>
      WordPieceTokenizer.fromTokenizerJson({ ...json, ...change });
    expect(read({ model: { ...json.model, type: 'BPE' } })).toThrow(
      /model is "BPE", expected WordPiece/,
    );
    expect(read({ normalizer: { type: 'NFC' } })).toThrow(/normalizer is "NFC"/);
    const pattern = { type: 'Split', pattern: { Regex: '(a+)+$' } };
    expect(read({ pre_tokenizer: pattern })).toThrow(/pre_tokenizer is "Split"/);
    expect(read({ post_processor: { type: 'RobertaProcessing' } })).toThrow(/post_processor/);
    expect(read({ model: { ...json.model, vocab: { '[UNK]': 0, a: 0 } } })).toThrow(
      /id 0 belongs to/,
    );
    expect(() => WordPieceTokenizer.fromTokenizerJson('{')).toThrow(/it is not JSON/);
  });
  test('may have gaps between its ids, which vocab.txt cannot hold', async () => {
    const json = {
      ...(tokenizer.toTokenizerJson() as object),
      added_tokens: [],
      post_processor: null,
    };
    const model = { type: 'WordPiece', vocab: { '[UNK]': 0, ab: 5 } };
    const own = WordPieceTokenizer.fromTokenizerJson({ ...json, model });
    expect([...own.encode('ab', { addSpecialTokens: false }).ids]).toEqual([5]);
    expect(own.idToToken(3)).toBeUndefined();
    await expect(own.save(join(folder, 'gaps'))).rejects.toThrow(/id 1 has no token/);
  });
});

test('options that make no sense are refused', () => {
  const encode = (options: object) => () => tokenizer.encode('ab ab ab ab', options);
  expect(encode({ maxlength: 3 })).toThrow(/maxlength is not an option/);
  expect(encode({ truncation: true, maxLength: 1 })).toThrow(/2 are special tokens/);
  expect(encode({ truncation: true, maxLength: 4, stride: 2 })).toThrow(
    /stride 2, expected less than the 2/,
  );
  expect(encode({ truncation: 'only_second', maxLength: 4 })).toThrow(/only_second without a pair/);
  expect(encode({ truncation: 'longest' })).toThrow(/truncation is longest, expected/);
  expect(encode({ padToMultipleOf: 0 })).toThrow(/padToMultipleOf is 0/);
  expect(() => WordPieceTokenizer.fromVocab(VOCAB, { lowerCase: true } as object)).toThrow(
    /unknown option: "lowerCase"/,
  );
  expect(() => tokenizer.encode('ab').offsets).toThrow(/encoded without them/);
});
