// Loops over text, sixteen bytes at a time: UTF-8 tested, sentences made lines, JSON strings unescaped; a hash,
// and snappy.
// AssemblyScript; compiled into src/text-module.ts by tools/reference/owt_wasm.mjs.
//
// The host lays out the memory from `textStart()` on, guarantees 16 readable bytes after every text, and gives valid
// UTF-8, in which a character that begins in a text ends in it; to the test of UTF-8, the hash and snappy it may give
// anything.

export { stringEnd, unescape } from './json-string';
export { addAbbreviation, linesToLines, sentencesToLines } from './sentences';
export { uncompressSnappy } from './snappy';
export { utf16Units } from './utf8';
export { addToHash, finishHash, hashHigh, startHash } from './xxh64';

/** Where the host's part of the memory begins. */
export function textStart(): usize {
  return (__heap_base + 63) & ~63;
}
