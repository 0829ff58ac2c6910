// A document: one page, article or file of raw text, and the 64-bit identity of its text.
//
// The identity drives three things that must not depend on order, worker or machine: removal of exact
// duplicates, the held-out split and the random draws of the example builders. It is no secret: whoever writes documents
// could make two that share it, of which one is then dropped.

import { Xxh64 } from './xxh64.js';

export interface Document {
  /** Where it comes from, for messages and provenance: a path, an archive member, a line number. */
  readonly id: string;
  readonly text: string;
}

/** A document whose text may be given as UTF-8, which is faster: no string is made of it. */
export interface RawDocument {
  readonly id: string;
  readonly text: string | Uint8Array;
}

/** The text of a file without the byte order mark it may begin with. */
export function withoutMark(utf8: Uint8Array): Uint8Array {
  const isMarked = utf8[0] === 0xef && utf8[1] === 0xbb && utf8[2] === 0xbf;
  return isMarked ? utf8.subarray(3) : utf8;
}

/** The XXH64 of the text (as UTF-8, or given as such), as two unsigned 32-bit halves. */
export interface Identity {
  readonly high: number;
  readonly low: number;
}

/** The identity of a text, a string taken as its UTF-8. */
export function identify(text: string | Uint8Array): Identity {
  hash ??= new Xxh64();
  hash.update(typeof text === 'string' ? Buffer.from(text) : text);
  return hash.digest();
}

let hash: Xxh64 | undefined; // made when first needed

/** True for about `share` of all documents, decided by the text alone. */
export function isHeldOut(identity: Identity, share: number): boolean {
  return identity.low / 2 ** 32 < share;
}
