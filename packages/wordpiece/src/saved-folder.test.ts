// The tokenizer inside transformers.js loads a saved folder and gives our ids.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { SAVED_TEXTS, smallVocabulary } from './test-support.js';

test('@huggingface/tokenizers loads a saved folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
  try {
    const own = WordPieceTokenizer.fromVocab(smallVocabulary());
    own.addTokens([{ content: '<x>', special: true }]);
    await own.save(folder);
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const theirs = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
    for (const [text, pair] of SAVED_TEXTS) {
      const { ids, token_type_ids } = theirs.encode(text, {
        text_pair: pair,
        return_token_type_ids: true,
      });
      const mine = own.encode(text, pair ?? undefined);
      expect([text, ids, token_type_ids]).toEqual([text, [...mine.ids], [...mine.typeIds]]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
