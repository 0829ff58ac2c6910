// A tokenizer as a folder of files, in Hugging Face's layout.
//
// Node's file system is looked up when it is needed, so that the package loads in browsers.

import type { RegisteredToken } from './added-tokens.js';
import type { AddedToken, WordPieceConfig, WordPieceOptions } from './options.js';
import { parseJson, readTokenizerJson, type TokenizerParts } from './tokenizer-json.js';
import { parseVocabulary, type Vocabulary } from './vocabulary.js';

/** Bytes of a file of the folder; undefined if there is no such file. */
type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

/** @throws Error if the folder has neither tokenizer.json nor vocab.txt */
export async function readFolder(folder: string | URL): Promise<TokenizerParts> {
  const read = /^https?:/.test(String(folder)) ? webFolder(String(folder)) : diskFolder(folder);
  const settings = readSettings(await read('tokenizer_config.json'));
  const json = await read('tokenizer.json');
  if (json) {
    const { vocabulary, options } = readTokenizerJson(new TextDecoder().decode(json));
    // the pipeline is tokenizer.json's; names and limits that it does not hold come from beside it
    const { maskToken, padToken, clsToken, sepToken, modelMaxLength } = settings;
    const names = { maskToken, padToken, clsToken, sepToken, modelMaxLength };
    return { vocabulary, options: { ...names, ...options } };
  }
  const lines = await read('vocab.txt');
  if (!lines)
    throw new Error(
      `wordpiece: cannot load a tokenizer from ${folder}: neither tokenizer.json nor vocab.txt is there.\n` +
        `Pass the folder that holds the tokenizer's files.`,
    );
  return { vocabulary: parseVocabulary(lines), options: settings };
}

export interface FolderContent {
  readonly vocabulary: Vocabulary;
  readonly config: WordPieceConfig;
  readonly added: readonly RegisteredToken[];
  /** The value of tokenizer.json. */
  readonly json: object;
}

/** @throws RangeError if ids have gaps or a token has a line break: vocab.txt could not hold them */
export async function writeFolder(folder: string, content: FolderContent): Promise<void> {
  const { mkdir, writeFile } = fileSystem();
  const files: [string, string][] = [
    ['vocab.txt', vocabularyText(content)],
    ['tokenizer.json', JSON.stringify(content.json, null, 2)],
    ['tokenizer_config.json', JSON.stringify(settingsJson(content), null, 2)],
    ['special_tokens_map.json', JSON.stringify(specialTokens(content.config), null, 2)],
  ];
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(`${folder}/${name}`, `${text.trimEnd()}\n`);
}

function vocabularyText({ vocabulary }: FolderContent): string {
  return Array.from(vocabulary.tokens, (token, id) => {
    if (token === undefined || /[\r\n]/.test(token))
      throw new RangeError(
        `wordpiece: cannot write vocab.txt: id ${id} has ${token === undefined ? 'no token' : 'a line break in its token'}.\n` +
          `Use toTokenizerJson, which keeps ids.`,
      );
    return token;
  }).join('\n');
}

/** transformers 5 gives a BertTokenizer BERT's post-processor, whatever its tokenizer.json says. */
const BARE = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
};

function settingsJson({ config, added }: FolderContent): object {
  return {
    added_tokens_decoder: Object.fromEntries(
      added.map(({ id, content, lstrip, normalized, rstrip, singleWord, special }) => [
        id,
        { content, lstrip, normalized, rstrip, single_word: singleWord, special },
      ]),
    ),
    clean_up_tokenization_spaces: config.cleanup,
    do_lower_case: config.lowercase,
    model_max_length: config.modelMaxLength,
    strip_accents: config.stripAccents ?? null,
    tokenize_chinese_chars: config.handleChineseChars,
    ...(config.postProcessor === null ? BARE : { tokenizer_class: 'BertTokenizer' }),
    ...specialTokens(config),
  };
}

function specialTokens({ clsToken, maskToken, padToken, sepToken, unkToken }: WordPieceConfig) {
  return {
    cls_token: clsToken,
    mask_token: maskToken,
    pad_token: padToken,
    sep_token: sepToken,
    unk_token: unkToken,
  };
}

/** tokenizer_config.json as options. */
function readSettings(bytes: Uint8Array | undefined): WordPieceOptions {
  if (!bytes) return {};
  const name = 'tokenizer_config.json';
  const value = parseJson(new TextDecoder().decode(bytes), name);
  if (typeof value !== 'object' || value === null)
    throw new TypeError(
      `wordpiece: cannot read ${name}: it is ${value}, expected an object.\nCheck that the file is complete.`,
    );
  const json = value as Record<string, unknown>; // an object, as checked
  return {
    lowercase: booleanOf(json.do_lower_case),
    stripAccents: booleanOf(json.strip_accents),
    handleChineseChars: booleanOf(json.tokenize_chinese_chars),
    unkToken: contentOf(json.unk_token),
    sepToken: contentOf(json.sep_token),
    clsToken: contentOf(json.cls_token),
    padToken: contentOf(json.pad_token),
    maskToken: contentOf(json.mask_token),
    modelMaxLength: Number.isInteger(json.model_max_length)
      ? Number(json.model_max_length)
      : undefined,
    addedTokens: readDecoder(json.added_tokens_decoder),
  };
}

function readDecoder(value: unknown): AddedToken[] {
  const entries = Object.entries((value ?? {}) as Record<string, Record<string, unknown>>);
  return entries.map(([id, token]) => ({
    content: String(token.content),
    id: Number(id),
    special: booleanOf(token.special),
    normalized: booleanOf(token.normalized),
    singleWord: booleanOf(token.single_word),
    lstrip: booleanOf(token.lstrip),
    rstrip: booleanOf(token.rstrip),
  }));
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** A token given as text or as an object with its content. */
function contentOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { content } = (value ?? {}) as { content?: unknown };
  return typeof content === 'string' ? content : undefined;
}

function diskFolder(folder: string | URL): ReadFile {
  const { readFile } = fileSystem();
  return async (name) => {
    const path = `${folder}/${name}`;
    try {
      return await readFile(folder instanceof URL ? new URL(path) : path);
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

function webFolder(folder: string): ReadFile {
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  return async (name) => {
    const response = await fetch(new URL(name, base));
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new Error(
        `wordpiece: cannot fetch ${name} from ${base}: status ${response.status}, expected 200 or 404.\n` +
          `Check the address.`,
      );
    return new Uint8Array(await response.arrayBuffer());
  };
}

/** Node's file system, where there is one. */
export function fileSystem(): typeof import('node:fs/promises') {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!fs)
    throw new Error(
      `wordpiece: cannot read or write files here: there is no file system.\n` +
        `Fetch the files and use fromTokenizerJson or fromVocab.`,
    );
  return fs;
}
