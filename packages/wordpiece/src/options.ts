// How a tokenizer is configured: what the user may give, and what it becomes.

import { requireList, requireText } from './arguments.js';
import { requireFlags, requireOneOf } from './option-checks.js';

/** A token beside the vocabulary's pieces, looked for in the text before it is split into words. */
export interface AddedToken {
  readonly content: string;
  /** Its id; left out, the id in the vocabulary or the next free one. */
  readonly id?: number;
  /** Special tokens can be treated as text (`splitSpecialTokens`) and left out when decoding. */
  readonly special?: boolean;
  /** Look in the normalized text instead of the text itself. Default: not for special tokens. */
  readonly normalized?: boolean;
  /** Only where no word character stands beside it. */
  readonly singleWord?: boolean;
  /** Takes the white space on its left with it. */
  readonly lstrip?: boolean;
  /** Takes the white space on its right with it. */
  readonly rstrip?: boolean;
}

export interface WordPieceOptions {
  /** Default true; false for cased vocabularies. */
  readonly lowercase?: boolean;
  /** Default: as `lowercase`. */
  readonly stripAccents?: boolean;
  /** Remove control characters. Default true. */
  readonly cleanText?: boolean;
  /** Make each Chinese character a word. Default true. */
  readonly handleChineseChars?: boolean;
  /** Longer words, in code points, are unknown. Default 100. */
  readonly maxInputCharsPerWord?: number;
  readonly unkToken?: string;
  readonly sepToken?: string;
  readonly clsToken?: string;
  readonly padToken?: string;
  readonly maskToken?: string;
  /** What marks a piece that continues a word. Default `##`. */
  readonly continuingSubwordPrefix?: string;
  readonly addedTokens?: readonly AddedToken[];
  /** Default `auto`: WebAssembly with SIMD where it runs. The ids do not depend on it. */
  readonly engine?: 'auto' | 'typescript';
  /** Default limit of `encode` when it is told to truncate. Default 512. */
  readonly modelMaxLength?: number;
  /** What `encode` puts around texts. Default BERT's `[CLS] A [SEP] B [SEP]`; null: nothing. */
  readonly postProcessor?: 'bert' | null;
  /** Whether `decode` cleans each token up if its call does not say. Default true. */
  readonly cleanup?: boolean;
}

/** The options with nothing left open. */
export interface WordPieceConfig {
  readonly lowercase: boolean;
  readonly stripAccents: boolean | undefined;
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly maxInputCharsPerWord: number;
  readonly unkToken: string;
  readonly sepToken: string;
  readonly clsToken: string;
  readonly padToken: string;
  readonly maskToken: string;
  readonly continuingSubwordPrefix: string;
  readonly engine: 'auto' | 'typescript';
  readonly modelMaxLength: number;
  readonly postProcessor: 'bert' | null;
  readonly cleanup: boolean;
}

const DEFAULTS: WordPieceConfig = {
  lowercase: true,
  stripAccents: undefined,
  cleanText: true,
  handleChineseChars: true,
  maxInputCharsPerWord: 100,
  unkToken: '[UNK]',
  sepToken: '[SEP]',
  clsToken: '[CLS]',
  padToken: '[PAD]',
  maskToken: '[MASK]',
  continuingSubwordPrefix: '##',
  engine: 'auto',
  modelMaxLength: 512,
  postProcessor: 'bert',
  cleanup: true,
};
const FLAGS = ['lowercase', 'stripAccents', 'cleanText', 'handleChineseChars', 'cleanup'] as const;
const NAMES = [
  'unkToken',
  'sepToken',
  'clsToken',
  'padToken',
  'maskToken',
  'continuingSubwordPrefix',
] as const;

/** A file's options under the caller's: those left undefined are the file's, added tokens are of both. */
export function mergeOptions(file: WordPieceOptions, own: WordPieceOptions): WordPieceOptions {
  if (own.addedTokens !== undefined) requireList(own.addedTokens, 'addedTokens');
  return {
    ...file,
    ...withoutUndefined(own),
    addedTokens: [...(file.addedTokens ?? []), ...(own.addedTokens ?? [])],
  };
}

/**
 * @throws RangeError for unknown option names and impossible values
 * @throws TypeError for names of tokens that are not strings
 */
export function resolveOptions({ addedTokens: _, ...options }: WordPieceOptions): WordPieceConfig {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, name))
      throw new RangeError(
        `wordpiece: unknown option: "${name}", expected one of ${Object.keys(DEFAULTS).join(', ')}, addedTokens.\n` +
          `Remove it or correct its name.`,
      );
  }
  const config: WordPieceConfig = { ...DEFAULTS, ...withoutUndefined(options) };
  requireFlags(config, FLAGS);
  for (const name of NAMES) requireText(config[name], name, 'Correct the option');
  requireOneOf('engine', config.engine, ['auto', 'typescript']);
  requireOneOf('postProcessor', config.postProcessor, ['bert', null]);
  requirePositive('maxInputCharsPerWord', config.maxInputCharsPerWord);
  requirePositive('modelMaxLength', config.modelMaxLength);
  return config;
}

function withoutUndefined<Options extends object>(options: Options): Partial<Options> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<Options>; // the same names and values, some left out
}

function requirePositive(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(
      `wordpiece: bad option: ${name} is ${value}, expected a positive integer.\nCorrect the option.`,
    );
}
