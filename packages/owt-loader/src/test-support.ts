// What several tests need: a tokenizer that anyone can compute, texts without a corpus, folders that go away.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Document } from './document.js';
import { drawsFor } from './draws.js';
import type { Encoder } from './encoder.js';
import type { EncoderModule } from './encoder-module.js';
import type { SpecialIds } from './example-columns.js';

export const SPECIAL: SpecialIds = { pad: 0, cls: 2, sep: 3 };
export const VOCABULARY = 1000;

/** A word's id is a hash of it, from 10 to 999. */
export function encode(text: string): number[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      let hash = 7;
      for (let i = 0; i < word.length; i++) hash = (hash * 31 + word.charCodeAt(i)) % 990;
      return hash + 10;
    });
}

export const ENCODER: Encoder = { encode };

/** For worker threads, which load this file themselves. */
export function testEncoder(): Encoder {
  return ENCODER;
}

export const ENCODER_MODULE: EncoderModule = { module: import.meta.url, name: 'testEncoder' };

/** What every build needs and no test is about. */
export const TOKENIZER: {
  readonly encoder: Encoder;
  readonly tokenizer: { readonly name: string };
  readonly vocabularySize: number;
  readonly special: SpecialIds;
} = {
  encoder: ENCODER,
  tokenizer: { name: 'test' },
  vocabularySize: VOCABULARY,
  special: SPECIAL,
};

const WORDS =
  'the stone river house of letter winter and then walked under green old road was'.split(' ');

/** Documents of one to `longest` sentences, the same for the same number. */
export function* someDocuments(count: number, longest = 30): Generator<Document> {
  for (let i = 0; i < count; i++) {
    const draws = drawsFor(99, { high: i, low: longest });
    const sentences = Array.from({ length: draws.integer(1, longest) }, () => {
      const words = Array.from({ length: draws.integer(3, 14) }, () => WORDS[draws.integer(0, 14)]);
      return `${words.join(' ')} ${draws.integer(0, 999)}. `;
    });
    const text = sentences
      .map((sentence) => `A${sentence}`)
      .join(draws.uniform() < 0.3 ? '\n' : '');
    yield { id: `document ${i}`, text };
  }
}

export const FIXTURES: string = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** Runs with a folder that is removed afterwards. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'owt-loader-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every file below a folder with its bytes, for comparing folders. */
export async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const all = await Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length + 1), (await readFile(path)).toString('base64')] as const;
    }),
  );
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What collects garbage when called, so that the heap is what somebody holds. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
