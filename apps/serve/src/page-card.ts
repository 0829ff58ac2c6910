// A model's card, read and rendered once for each state of its README.md.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Card, readCard } from './page-front-matter.js';
import type { Html } from './page-html.js';
import { renderMarkdown } from './page-markdown.js';

export interface ShownCard extends Card {
  /** What the Markdown says; undefined where there is nothing to show. */
  readonly rendered?: Html;
}

/** A longer README.md is read no further. */
const MAX_BYTES = 1_000_000;
const MAX_CARDS = 64;

/** Returns a function that gives the card in `folder`; a missing README.md is an empty card. */
export function openCards(): (folder: string) => Promise<ShownCard> {
  const kept = new Map<string, { readonly state: string; readonly card: ShownCard }>();
  return async (folder) => {
    const path = join(folder, 'README.md');
    const file = await open(path).catch(() => undefined);
    if (!file) return readCard('');
    try {
      const { size, mtimeMs } = await file.stat();
      const state = `${size} ${mtimeMs}`;
      const known = kept.get(path);
      if (known?.state === state) return known.card;
      const buffer = Buffer.alloc(Math.min(size, MAX_BYTES));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      const card = readCard(buffer.toString('utf8', 0, bytesRead));
      const shown = {
        ...card,
        ...(card.body.trim() !== '' && { rendered: renderMarkdown(card.body) }),
      };
      const [oldest] = kept.keys();
      if (kept.size >= MAX_CARDS && oldest !== undefined) kept.delete(oldest);
      kept.set(path, { state, card: shown });
      return shown;
    } finally {
      await file.close();
    }
  };
}
