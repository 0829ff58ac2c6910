// GPT's tokenizer as files: tokenizer.json, or the older pair of vocab.json and merges.txt.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WORD_END } from './byte-pairs.js';
import {
  parseObject,
  readTokenizerJson,
  splitRule,
  type TokenizerParts,
} from './tokenizer-json.js';

/** @throws Error if there are no such files, RangeError for files of another tokenizer */
export async function readTokenizerFolder(folder: string): Promise<TokenizerParts> {
  const read = (name: string): Promise<string | undefined> =>
    readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  const settings = parseObject(
    (await read('tokenizer_config.json')) ?? '{}',
    'tokenizer_config.json',
  );
  const { model_max_length: longest } = settings;
  // Hugging Face writes 1e30 for no limit
  const limit = typeof longest === 'number' && longest < 2 ** 31 ? longest : undefined;
  const json = await read('tokenizer.json');
  if (json !== undefined)
    return { ...readTokenizerJson(parseObject(json, 'tokenizer.json')), modelMaxLength: limit };
  const [vocab, merges] = [await read('vocab.json'), await read('merges.txt')];
  if (vocab === undefined || merges === undefined)
    throw new Error(
      `gpt: cannot load a tokenizer from ${folder}: neither tokenizer.json nor vocab.json with merges.txt is there.\n` +
        "Pass the folder that holds the tokenizer's files.",
    );
  return {
    vocab: parseObject(vocab, 'vocab.json') as Record<string, number>, // ids: checked by the tokenizer
    merges: readMerges(merges),
    modelMaxLength: limit,
  };
}

/** The files of a tokenizer by name, for any Hugging Face library. */
export function tokenizerFiles(parts: Required<TokenizerParts>): Record<string, string> {
  const { vocab, merges, unkToken, addedTokens, modelMaxLength } = parts;
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(addedTokens).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'BPEDecoder', suffix: WORD_END },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unkToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: WORD_END,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
  const settings = {
    tokenizer_class: 'OpenAIGPTTokenizer',
    unk_token: unkToken,
    ...(Number.isFinite(modelMaxLength) && { model_max_length: modelMaxLength }),
  };
  const rules = merges.map((rule) => rule.join(' '));
  return {
    'tokenizer.json': `${JSON.stringify(json, null, 2)}\n`,
    'tokenizer_config.json': `${JSON.stringify(settings, null, 2)}\n`,
    'vocab.json': `${JSON.stringify(vocab)}\n`,
    'merges.txt': `${['#version: 0.2', ...rules].join('\n')}\n`,
  };
}

/** Lines of merges.txt: two pieces each; the first line and empty ones say nothing. */
function readMerges(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line, i) => line.trim() !== '' && !(i === 0 && line.startsWith('#version')))
    .map((line) => splitRule(line.trimEnd()));
}
