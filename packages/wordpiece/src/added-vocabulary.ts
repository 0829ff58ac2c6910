// The vocabulary and the tokens that were added to it: tokens by id, ids by token.

import { checkToken, type RegisteredToken, registerToken } from './added-tokens.js';
import type { AddedToken } from './options.js';
import { MAX_ID, type Vocabulary } from './vocabulary.js';

export class AddedVocabulary {
  readonly #vocabulary: Vocabulary;
  readonly #addedById = new Map<number, RegisteredToken>();
  readonly #addedByContent = new Map<string, RegisteredToken>();
  #size: number;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#size = vocabulary.tokens.length;
  }

  /** One more than the largest id. */
  get size(): number {
    return this.#size;
  }

  /** The added tokens, in the order in which they came. */
  get added(): RegisteredToken[] {
    return [...this.#addedById.values()];
  }

  /** Id by token. */
  get all(): Map<string, number> {
    const all = new Map(this.#vocabulary.ids);
    for (const { content, id } of this.#addedById.values()) all.set(content, id);
    return all;
  }

  idOf(token: string): number | undefined {
    return this.#addedByContent.get(token)?.id ?? this.#vocabulary.ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#addedById.get(id)?.content ?? this.#vocabulary.tokens[id];
  }

  isSpecial(id: number): boolean {
    return this.#addedById.get(id)?.special ?? false;
  }

  /**
   * Adds tokens, all of them or none.
   *
   * @throws TypeError for a token that is not an object with a string as its content
   * @throws RangeError for an id that is none or belongs to another token, and for unknown or impossible values
   */
  add(tokens: readonly AddedToken[]): void {
    const byId = new Map<number, RegisteredToken>();
    const byContent = new Map<string, RegisteredToken>();
    let size = this.#size;
    for (const token of tokens) {
      checkToken(token);
      const { content } = token;
      const known = byContent.get(content)?.id ?? this.idOf(content);
      const id = token.id ?? known ?? size;
      if (!Number.isInteger(id) || id < 0 || id > MAX_ID)
        refuse(content, id, `ids are integers from 0 to ${MAX_ID}`);
      if (known !== undefined && known !== id) refuse(content, id, `it is ${known} already`);
      const owner = byId.get(id)?.content ?? this.tokenOf(id);
      if (owner !== undefined && owner !== content)
        refuse(content, id, `that id belongs to "${owner}"`);
      const registered = registerToken(token, id);
      byId.set(id, registered);
      byContent.set(content, registered);
      size = Math.max(size, id + 1);
    }
    for (const [id, token] of byId) this.#addedById.set(id, token);
    for (const [content, token] of byContent) this.#addedByContent.set(content, token);
    this.#size = size;
  }
}

function refuse(content: string, id: number, reason: string): never {
  throw new RangeError(
    `wordpiece: cannot add "${content}" as ${id}: ${reason}.\n` +
      `Leave its id out, or check that the files belong together.`,
  );
}
