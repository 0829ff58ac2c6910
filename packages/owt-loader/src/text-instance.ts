// Instances of the WebAssembly module, each with a memory of its own; assembly/index.ts says what it asks of its host.

import { TEXT_MODULE } from './text-module.js';

/** Readable bytes behind every text, and writable ones behind what is uncompressed: sixteen are handled at a time. */
export const SLACK = 16;

const PAGE = 65_536;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Positions are bytes from the start of the memory. */
export interface TextExports {
  readonly memory: Memory;
  textStart(): number;
  addAbbreviation(from: number, to: number): void;
  sentencesToLines(from: number, to: number): number;
  linesToLines(from: number, to: number): number;
  utf16Units(from: number, to: number): number;
  unescape(from: number, to: number, output: number): number;
  stringEnd(): number;
  startHash(): void;
  addToHash(from: number, to: number): void;
  finishHash(from: number, to: number): number;
  hashHigh(): number;
  /** 1, or 0 if it is damaged. */
  uncompressSnappy(from: number, to: number, output: number, length: number): number;
}

/** The part of the WebAssembly API in use; the ECMAScript library types leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: TextExports };
}

let compiled: object | undefined;

export function textInstance(): TextExports {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
  compiled ??= new WebAssembly.Module(Buffer.from(TEXT_MODULE, 'base64'));
  return new WebAssembly.Instance(compiled).exports;
}

/** Makes a memory at least so many bytes; views of it are empty if it was smaller. */
export function growTo(memory: Memory, size: number): void {
  const missing = Math.ceil((size - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
}
