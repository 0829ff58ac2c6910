// A tokenizer as a folder of files. Node's file system is looked up when it is needed, so that the
// package loads in browsers.

import type { WordPieceConfig, WordPieceOptions } from './options.js';
import { parseVocabulary, type Vocabulary } from './vocabulary.js';

export async function readFolder(
  folder: string,
): Promise<{ vocabulary: Vocabulary; options: WordPieceOptions }> {
  const { readFile } = fileSystem();
  const vocabulary = parseVocabulary(await readFile(`${folder}/vocab.txt`));
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(await readFile(`${folder}/tokenizer_config.json`, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { vocabulary, options: { lowercase: json.do_lower_case !== false } };
}

export async function writeFolder(
  folder: string,
  vocabulary: Vocabulary,
  config: WordPieceConfig,
): Promise<void> {
  const { mkdir, writeFile } = fileSystem();
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/vocab.txt`, `${vocabulary.tokens.join('\n')}\n`);
  const json = { do_lower_case: config.lowercase, tokenizer_class: 'BertTokenizer' };
  await writeFile(`${folder}/tokenizer_config.json`, `${JSON.stringify(json, null, 2)}\n`);
}

function fileSystem(): typeof import('node:fs/promises') {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!fs)
    throw new Error(
      `wordpiece: cannot read or write folders here: there is no file system.\n` +
        `Fetch the files and use fromTokenizerJson or fromVocab.`,
    );
  return fs;
}
