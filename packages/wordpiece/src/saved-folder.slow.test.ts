// Python's transformers loads a saved folder and gives our ids. Needs ALECTRA_PYTHON; skips without.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { WordPieceTokenizer } from './index.js';
import { mixedLines, SAVED_TEXTS, smallVocabulary } from './test-support.js';

const python = process.env.ALECTRA_PYTHON;

(python ? test : test.skip).each([
  ['uncased', {}],
  ['cased', { lowercase: false }],
  ['bare and uncleaned', { postProcessor: null, cleanup: false }],
])(
  'transformers in Python loads a saved folder: %s',
  async (_, options) => {
    const folder = mkdtempSync(join(tmpdir(), 'wordpiece-'));
    try {
      const own = WordPieceTokenizer.fromVocab(smallVocabulary(), {
        ...options,
        modelMaxLength: 128,
      });
      own.addTokens([
        { content: 'newtok', singleWord: true },
        { content: '<x>', special: true },
      ]);
      await own.save(folder);
      const texts = [...SAVED_TEXTS, ...mixedLines(100, 11).map((line) => [line, null] as const)];
      const textsPath = join(folder, 'texts.json');
      writeFileSync(textsPath, JSON.stringify(texts));
      const script = fileURLToPath(
        new URL('../../../tools/reference/wordpiece_load.py', import.meta.url),
      );
      const output = execFileSync(python ?? '', [script, folder, textsPath], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const { answers, special, maxLength } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
      expect(maxLength).toBe(128);
      expect(special).toEqual({
        cls_token: '[CLS]',
        sep_token: '[SEP]',
        pad_token: '[PAD]',
        mask_token: '[MASK]',
        unk_token: '[UNK]',
      });
      const expected = texts.map(([text, pair]) => {
        const { ids, typeIds } = own.encode(text, pair ?? undefined);
        const decoded = own.decode(ids);
        return { ids: [...ids], typeIds: [...typeIds], plain: [...ids], text: decoded };
      });
      expect(answers).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);
