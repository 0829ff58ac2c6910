// Hugging Face's tokenizer.json: reading and writing the WordPiece pipeline of BERT.
//
// What is read: model (WordPiece), normalizer (BertNormalizer), pre_tokenizer (BertPreTokenizer),
// post_processor (the BERT template, or none), decoder (WordPiece; without one, tokens are joined as if there
// were), added_tokens. Stored truncation and padding are left aside, as transformers does: they belong to a
// call. Anything else is refused, never approximated; in particular no pattern from a file is ever compiled.

import type { RegisteredToken } from './added-tokens.js';
import type { AddedToken, WordPieceConfig, WordPieceOptions } from './options.js';
import { type Vocabulary, vocabularyFromEntries } from './vocabulary.js';

/** What a tokenizer is made from. */
export interface TokenizerParts {
  readonly vocabulary: Vocabulary;
  readonly options: WordPieceOptions;
}

type Json = Readonly<Record<string, unknown>>;

/** @throws RangeError if it describes anything but BERT's pipeline */
export function readTokenizerJson(source: unknown): TokenizerParts {
  const json = object(
    typeof source === 'string' ? parseJson(source, 'tokenizer.json') : source,
    'the file',
  );
  const model = object(json.model, 'model');
  if (model.type !== undefined && model.type !== 'WordPiece')
    refuse('model', model.type, 'WordPiece');
  const vocab = object(model.vocab, 'model.vocab');
  const vocabulary = vocabularyFromEntries(
    Object.entries(vocab).map(([token, id]) => [token, numberOf(id, 'model.vocab[…]')] as const),
  );
  const normalizer = object(json.normalizer, 'normalizer');
  if (normalizer.type !== 'BertNormalizer') refuse('normalizer', normalizer.type, 'BertNormalizer');
  const splitter = object(json.pre_tokenizer, 'pre_tokenizer');
  if (splitter.type !== 'BertPreTokenizer')
    refuse('pre_tokenizer', splitter.type, 'BertPreTokenizer');
  const lowercase = flag(normalizer.lowercase, true);
  const continuingSubwordPrefix = textOf(
    model.continuing_subword_prefix ?? '##',
    'model.continuing_subword_prefix',
  );
  return {
    vocabulary,
    options: {
      lowercase,
      stripAccents:
        typeof normalizer.strip_accents === 'boolean' ? normalizer.strip_accents : undefined,
      cleanText: flag(normalizer.clean_text, true),
      handleChineseChars: flag(normalizer.handle_chinese_chars, true),
      maxInputCharsPerWord: numberOf(
        model.max_input_chars_per_word ?? 100,
        'model.max_input_chars_per_word',
      ),
      unkToken: textOf(model.unk_token ?? '[UNK]', 'model.unk_token'),
      continuingSubwordPrefix,
      ...readPostProcessor(json.post_processor),
      ...readDecoder(json.decoder, continuingSubwordPrefix),
      addedTokens: readAddedTokens(json.added_tokens),
    },
  };
}

/** The value of a tokenizer.json that Hugging Face's `Tokenizer.from_file` loads. */
export function writeTokenizerJson(
  vocabulary: Vocabulary,
  config: WordPieceConfig,
  added: readonly RegisteredToken[],
): object {
  const { clsToken, sepToken, unkToken, postProcessor } = config;
  const ids = new Map([
    ...vocabulary.ids,
    ...added.map(({ content, id }) => [content, id] as const),
  ]);
  const special = (content: string, type: number) => ({
    SpecialToken: { id: content, type_id: type },
  });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const single = [special(clsToken, 0), sequence('A', 0), special(sepToken, 0)];
  const hasFrame = postProcessor !== null && ids.has(clsToken) && ids.has(sepToken);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...added]
      .sort((a, b) => a.id - b.id)
      .map(({ id, content, singleWord, lstrip, rstrip, normalized, special: isSpecial }) => ({
        id,
        content,
        single_word: singleWord,
        lstrip,
        rstrip,
        normalized,
        special: isSpecial,
      })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: config.cleanText,
      handle_chinese_chars: config.handleChineseChars,
      strip_accents: config.stripAccents ?? null,
      lowercase: config.lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: hasFrame
      ? {
          type: 'TemplateProcessing',
          single,
          pair: [...single, sequence('B', 1), special(sepToken, 1)],
          special_tokens: Object.fromEntries(
            [clsToken, sepToken].map((content) => [
              content,
              { id: content, ids: [ids.get(content)], tokens: [content] },
            ]),
          ),
        }
      : null,
    decoder: {
      type: 'WordPiece',
      prefix: config.continuingSubwordPrefix,
      cleanup: config.cleanup,
    },
    model: {
      type: 'WordPiece',
      unk_token: unkToken,
      continuing_subword_prefix: config.continuingSubwordPrefix,
      max_input_chars_per_word: config.maxInputCharsPerWord,
      vocab: Object.fromEntries(vocabulary.ids),
    },
  };
}

/** Names of the tokens around a text, if there are to be any; only BERT's template is known. */
function readPostProcessor(
  value: unknown,
): Pick<WordPieceOptions, 'clsToken' | 'sepToken' | 'postProcessor'> {
  if (value === null || value === undefined) return { postProcessor: null };
  const processor = object(value, 'post_processor');
  if (processor.type === 'BertProcessing') {
    const [cls, sep] = [processor.cls, processor.sep];
    if (Array.isArray(cls) && Array.isArray(sep))
      return { clsToken: String(cls[0]), sepToken: String(sep[0]) };
  }
  if (processor.type === 'TemplateProcessing') {
    const single = pieces(processor.single);
    const pair = pieces(processor.pair);
    const [cls, sep] = [single[0]?.split(':')[0], single[2]?.split(':')[0]];
    const expected = [`${cls}:0`, '$A:0', `${sep}:0`];
    const expectedPair = [...expected, '$B:1', `${sep}:1`];
    if (single.join() === expected.join() && pair.join() === expectedPair.join())
      return { clsToken: cls, sepToken: sep };
  }
  return refuse('post_processor', processor.type, "BERT's [CLS] A [SEP] B [SEP]");
}

function readDecoder(value: unknown, prefix: string): Pick<WordPieceOptions, 'cleanup'> {
  if (value === null || value === undefined) return {};
  const decoder = object(value, 'decoder');
  if (decoder.type !== 'WordPiece') refuse('decoder', decoder.type, 'WordPiece');
  if ((decoder.prefix ?? '##') !== prefix) refuse('decoder.prefix', decoder.prefix, `"${prefix}"`);
  return { cleanup: flag(decoder.cleanup, true) };
}

function pieces(template: unknown): string[] {
  if (!Array.isArray(template)) return [];
  return template.map((piece) => {
    const { SpecialToken, Sequence } = piece as Record<string, { id: string; type_id: number }>;
    return Sequence
      ? `$${Sequence.id}:${Sequence.type_id}`
      : `${SpecialToken?.id}:${SpecialToken?.type_id}`;
  });
}

function readAddedTokens(value: unknown): AddedToken[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) refuse('added_tokens', value, 'a list');
  return value.map((entry: unknown) => {
    const token = object(entry, 'added_tokens[…]');
    return {
      content: textOf(token.content, 'added_tokens[…].content'),
      id: numberOf(token.id, 'added_tokens[…].id'),
      special: flag(token.special, false),
      normalized: flag(token.normalized, true),
      singleWord: flag(token.single_word, false),
      lstrip: flag(token.lstrip, false),
      rstrip: flag(token.rstrip, false),
    };
  });
}

/** @throws TypeError that names the file if its text is not JSON */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new TypeError(
      `wordpiece: cannot read ${name}: it is not JSON.\nCheck that the file is complete.`,
      { cause },
    );
  }
}

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(name, value, 'an object');
  return value as Json; // an object that is no array, as checked
}

function textOf(value: unknown, name: string): string {
  return typeof value === 'string' ? value : refuse(name, value, 'a string');
}

function numberOf(value: unknown, name: string): number {
  return typeof value === 'number' ? value : refuse(name, value, 'a number');
}

function flag(value: unknown, missing: boolean): boolean {
  return typeof value === 'boolean' ? value : missing;
}

function refuse(name: string, found: unknown, expected: string): never {
  throw new RangeError(
    `wordpiece: cannot read tokenizer.json: ${name} is ${JSON.stringify(found) ?? 'missing'}, expected ${expected}.\n` +
      `Only BERT's WordPiece tokenizers are read; use the library the file was made for.`,
  );
}
