// Prose from trees of Markdown files, such as the documentation that an install has just put on the disk.
//
// Folders are walked in code-unit order of their names, links are not followed (a workspace or a package store
// would be read twice), and a paragraph is taken where it first stands: licences and boilerplate come once.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from './document.js';
import { identify } from './document.js';
import { SeenDocuments } from './duplicates.js';
import { markdownProse } from './markdown-prose.js';

export interface GatherOptions {
  /** File names end in one of these, in any case. */
  readonly extensions?: readonly string[];
  /** Larger files are skipped and counted: they are generated. */
  readonly maxFileBytes?: number;
  /** Names of files not to take: licences are boilerplate. */
  readonly skipNames?: RegExp;
}

export interface GatheredText {
  readonly documents: readonly Document[];
  /** Files looked at, files that gave prose, and files over the size limit. */
  readonly files: number;
  readonly filesWithProse: number;
  readonly filesTooLarge: number;
  readonly bytesRead: number;
  /** UTF-8 bytes of the prose kept. */
  readonly bytesKept: number;
  readonly paragraphs: number;
  readonly duplicateParagraphs: number;
}

/**
 * One document a Markdown file that holds prose, paragraphs separated by line breaks, in a fixed order.
 *
 * @param roots folders (or single files); a missing one throws
 */
export async function gatherMarkdown(
  roots: readonly string[],
  {
    extensions = ['.md', '.markdown', '.mdx'],
    maxFileBytes = 1_000_000,
    skipNames = /^(?:licen[cs]e|third.?party)/i,
  }: GatherOptions = {},
): Promise<GatheredText> {
  const seen = new SeenDocuments();
  const documents: Document[] = [];
  const count = { files: 0, filesTooLarge: 0, bytesRead: 0, bytesKept: 0 };
  let paragraphs = 0;
  let duplicateParagraphs = 0;
  for (const root of roots) {
    for await (const { path, name } of walk(root, extensions)) {
      if (skipNames.test(name)) continue;
      count.files++;
      const { size } = await stat(path);
      if (size > maxFileBytes) {
        count.filesTooLarge++;
        continue;
      }
      count.bytesRead += size;
      const kept: string[] = [];
      for (const paragraph of markdownProse(await readFile(path, 'utf8'))) {
        if (seen.add(identify(paragraph))) kept.push(paragraph);
        else duplicateParagraphs++;
      }
      if (kept.length === 0) continue;
      paragraphs += kept.length;
      const text = kept.join('\n');
      count.bytesKept += Buffer.byteLength(text);
      documents.push({ id: path, text });
    }
  }
  return { documents, ...count, filesWithProse: documents.length, paragraphs, duplicateParagraphs };
}

async function* walk(
  root: string,
  extensions: readonly string[],
): AsyncGenerator<{ path: string; name: string }> {
  if ((await stat(root)).isFile()) {
    yield { path: root, name: root.slice(root.lastIndexOf('/') + 1) };
    return;
  }
  const entries = await readdir(root, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && entry.name !== '.git') yield* walk(path, extensions);
    else if (entry.isFile() && extensions.some((end) => entry.name.toLowerCase().endsWith(end)))
      yield { path, name: entry.name };
  }
}
