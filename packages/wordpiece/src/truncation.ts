// Which part of each sequence goes into which window, as in tokenizers 0.22.2 (0.23.x loses the
// windows beyond the first: huggingface/tokenizers#2091).

export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second';
export type Side = 'left' | 'right';

/** Tokens [start, stop) of a sequence. */
export type Span = readonly [start: number, stop: number];

/** One window: what it holds of the text and of its pair. */
export interface Window {
  readonly first: Span;
  readonly second: Span | undefined;
}

export interface TruncationLimits {
  readonly strategy: TruncationStrategy;
  /** Tokens a window may hold, special tokens not counted. */
  readonly room: number;
  readonly stride: number;
  readonly side: Side;
}

/**
 * The windows of a text of `first` tokens and a pair of `second`; the main one comes first.
 *
 * @throws RangeError if the sequence to be cut cannot absorb the cut, or if the stride does not fit
 */
export function truncationWindows(
  first: number,
  second: number | undefined,
  { strategy, room, stride, side }: TruncationLimits,
): Window[] {
  const total = first + (second ?? 0);
  if (total <= room) return [{ first: [0, first], second: span(second) }];
  const [keepFirst, keepSecond] = limits(first, second, strategy, room);
  const firsts = spans(first, keepFirst, stride, side);
  if (second === undefined) return firsts.map((part) => ({ first: part, second: undefined }));
  const [main, ...rest] = spans(second, keepSecond, stride, side);
  const windows: Window[] = [{ first: firsts[0], second: main }];
  for (const part of firsts.slice(1)) {
    for (const other of [main, ...rest]) windows.push({ first: part, second: other });
  }
  for (const other of rest) windows.push({ first: firsts[0], second: other });
  return windows;
}

function span(length: number | undefined): Span | undefined {
  return length === undefined ? undefined : [0, length];
}

/** Tokens to keep of each sequence. */
function limits(
  first: number,
  second: number | undefined,
  strategy: TruncationStrategy,
  room: number,
): [number, number] {
  if (room === 0) return [0, 0];
  const excess = first + (second ?? 0) - room;
  if (strategy === 'longest_first') {
    if (second === undefined) return [room, 0];
    const shorter = Math.min(first, second);
    const longer = Math.max(shorter, room - shorter);
    const [less, more] =
      shorter + longer > room ? [Math.floor(room / 2), Math.ceil(room / 2)] : [shorter, longer];
    return first > second ? [more, less] : [less, more];
  }
  if (strategy === 'only_second' && second === undefined)
    throw new RangeError(
      `wordpiece: cannot truncate: strategy only_second without a pair.\n` +
        `Pass a pair or use longest_first.`,
    );
  const target = strategy === 'only_first' ? first : (second ?? 0);
  if (target <= excess)
    throw new RangeError(
      `wordpiece: cannot truncate: ${strategy} must remove ${excess} tokens of a sequence of ${target}.\n` +
        `Raise maxLength or use longest_first.`,
    );
  return strategy === 'only_first' ? [first - excess, second ?? 0] : [first, target - excess];
}

/** The part of a sequence that is kept, then the parts beyond it, each `stride` tokens into the one before. */
function spans(length: number, keep: number, stride: number, side: Side): Span[] {
  if (keep >= length) return [[0, length]];
  if (keep === 0) {
    return [
      [0, 0],
      [0, length],
    ];
  }
  if (stride >= keep)
    throw new RangeError(
      `wordpiece: cannot truncate: stride ${stride}, expected less than the ${keep} tokens kept of a sequence.\n` +
        `Lower stride or raise maxLength.`,
    );
  const step = keep - stride;
  const result: Span[] = [];
  if (side === 'right') {
    for (let start = 0; ; start += step) {
      const stop = Math.min(start + keep, length);
      result.push([start, stop]);
      if (stop === length) return result;
    }
  }
  for (let stop = length; ; stop -= step) {
    const start = Math.max(0, stop - keep);
    result.push([start, stop]);
    if (start === 0) return result;
  }
}
