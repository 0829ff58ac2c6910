// What a browser and Node must agree on; bundled for the browser by real-browser.test.ts.

import { WordPieceTokenizer } from './index.js';

/** A module of one SIMD instruction: valid only where SIMD is known. */
const SIMD = 'AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==';

export interface Findings {
  readonly hasSimd: boolean;
  /** Numbers of every kind that the core gives, by the call they came from. */
  readonly numbers: readonly (readonly number[])[];
  readonly decoded: readonly string[];
}

export function findings(vocabulary: readonly string[], lines: readonly string[]): Findings {
  // the ECMAScript library types leave it out
  const { WebAssembly: wasm } = globalThis as unknown as {
    WebAssembly: { validate(bytes: Uint8Array): boolean };
  };
  const tokenizer = WordPieceTokenizer.fromVocab(vocabulary);
  const { ids, rowSplits } = tokenizer.encodeRagged(lines);
  const bytes = tokenizer.encodeBytes(new TextEncoder().encode(lines.join('\n')));
  const encodings = lines.map((line) => tokenizer.encode(line, { offsets: true }));
  const placed = encodings.flatMap((encoding) => [
    encoding.ids,
    encoding.offsets,
    encoding.wordIds,
    encoding.specialTokensMask,
  ]);
  return {
    hasSimd: wasm.validate(Uint8Array.from(atob(SIMD), (c) => c.charCodeAt(0))),
    numbers: [ids, rowSplits, bytes.ids, bytes.rowSplits, ...placed].map((found) =>
      Array.from(found),
    ),
    decoded: encodings.map((encoding) => tokenizer.decode(encoding.ids)),
  };
}
