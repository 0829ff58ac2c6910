// The options of encoding a corpus, checked.

import { requireFlags, requireKnown, requireOneOf } from './option-checks.js';

interface IdWidth {
  /** `uint16` takes half the memory and is possible up to 65,536 ids. Default `int32`. */
  readonly width?: 'uint16' | 'int32';
}

export interface EncodeBytesOptions extends IdWidth {
  /** Whether the arrays are views that hold until the next call; no memory is taken then. Default false. */
  readonly reuse?: boolean;
}

export interface EncodeStreamOptions extends IdWidth {
  /** Whether arrays hold only until the next are asked for; their memory serves again then. Default false. */
  readonly reuse?: boolean;
  /** Threads beside this one. Default 0: this thread does the work. */
  readonly workers?: number;
  /** Bytes encoded at a time. Default 1 MiB; of a file shared between workers, up to 8 MiB. */
  readonly chunkBytes?: number;
}

const SMALLEST_SHARE = 1 << 18;
const LARGEST_SHARE = 1 << 23;

/** Bytes of a file that a worker encodes at a time, if the user does not say: some rounds for each of them. */
export function shareOf(length: number, workers: number): number {
  const share = Math.ceil(length / (8 * workers));
  return Math.min(LARGEST_SHARE, Math.max(SMALLEST_SHARE, share));
}

/**
 * The options of one call, checked.
 *
 * @throws RangeError for an unknown option or width, or if the ids do not fit
 */
export function bytesOptions(
  options: EncodeBytesOptions,
  vocabSize: number,
): { readonly isWide: boolean; readonly reuse: boolean } {
  requireKnown(options, ['width', 'reuse']);
  requireFlags(options, ['reuse']);
  const { width = 'int32', reuse = false } = options;
  requireOneOf('width', width, ['int32', 'uint16']);
  if (width === 'uint16' && vocabSize > 65536)
    throw new RangeError(
      `wordpiece: cannot write ids as uint16: there are ${vocabSize}, expected at most 65536.\n` +
        `Use width int32.`,
    );
  return { isWide: width === 'int32', reuse };
}
