// The files that a recipe names, looked at before anything is made: there, and of the kind that is needed.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Recipe } from './recipe.js';
import { UsageError } from './usage-error.js';

const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** What a run folder has of its own already, so that the recipe's text and vocabulary are not needed. */
export function preparedParts(
  folder: string,
  recipe: Recipe,
): { readonly vocabulary: boolean; readonly shards: boolean } {
  return {
    vocabulary: existsSync(join(folder, 'vocab.txt')),
    shards: recipe.data.shards !== '' || existsSync(join(folder, 'shards')),
  };
}

/**
 * @param folder the run folder of a run that goes on
 * @throws UsageError naming all that is missing
 */
export function checkPaths(recipe: Recipe, folder: string | undefined): void {
  const { data, vocabulary } = recipe;
  const has =
    folder === undefined ? { vocabulary: false, shards: false } : preparedParts(folder, recipe);
  const paths = [
    ...(has.vocabulary && has.shards ? [] : data.text),
    data.shards,
    has.vocabulary ? '' : vocabulary.file,
    recipe.probe?.data ?? '',
  ];
  const missing = paths.filter((path) => path !== '' && !existsSync(path));
  if (missing.length > 0)
    throw new UsageError(
      `pretrain: ${missing.length === 1 ? 'a file is' : 'files are'} missing: ${missing.join(', ')}.\n` +
        'Paths are taken from the folder in which the program was started.',
    );
  const isBegun = folder !== undefined && existsSync(join(folder, 'checkpoints', 'latest'));
  if (recipe.initFrom !== undefined && !isBegun) checkWeights(recipe.initFrom);
  if (data.shards !== '' && !existsSync(join(data.shards, 'alectra-manifest.json')))
    throw new UsageError(
      `pretrain: data.shards: ${data.shards} is not a folder of shards: it has no alectra-manifest.json.\n` +
        'Give the folder that was built, or --text to build one.',
    );
  if (vocabulary.file !== '' && !has.vocabulary) checkVocabulary(vocabulary.file);
}

function checkWeights(path: string): void {
  if (existsSync(join(path, 'manifest.json')) || existsSync(join(path, 'checkpoints'))) return;
  throw new UsageError(
    `pretrain: initFrom: there are no weights in ${path}: expected a run folder with checkpoints, or a checkpoint.\n` +
      'Check the path after --init-from.',
  );
}

function checkVocabulary(path: string): void {
  if (!statSync(path).isFile())
    throw new UsageError(
      `pretrain: vocabulary.file: ${path} is a folder.\nGive the vocab.txt in it.`,
    );
  const pieces = new Set(readFileSync(path, 'utf8').split(/\r?\n/));
  const missing = SPECIAL_TOKENS.filter((token) => !pieces.has(token));
  if (missing.length > 0)
    throw new UsageError(
      `pretrain: vocabulary.file: ${path} has no ${missing.join(', ')}.\n` +
        "Give a vocab.txt with BERT's special tokens, one piece a line.",
    );
}
