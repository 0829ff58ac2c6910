// Byte strings in order, as their numbers: to sort that many strings takes several times as long.

/** The bytes of key k are bytes[starts[k]] to bytes[starts[k + 1] - 1]. */
export interface Keys {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  /** What each key stands for. */
  readonly ids: readonly number[];
}

/** Room for the number of a key beside its first four bytes: together they are exact in a float. */
const NUMBERS = 2 ** 21;
/** Longest run of equal first bytes that is sorted by insertion, which needs no array of its own. */
const SHORT_RUN = 16;

/** The keys in the order of their bytes from `skip` on. */
export function sortedKeys(keys: Keys, numbers: readonly number[], skip: number): Int32Array {
  const packed = new Float64Array(numbers.length);
  for (let n = 0; n < packed.length; n++)
    packed[n] = firstBytes(keys, numbers[n], skip) * NUMBERS + numbers[n];
  packed.sort();
  const order = new Int32Array(packed.length);
  const compare = (a: number, b: number): number => compareKeys(keys, a, b, skip);
  let run = 0;
  let runEnd = 0; // least value behind the run
  for (let n = 0; n <= packed.length; n++) {
    if (n === packed.length || packed[n] >= runEnd) {
      if (n - run > SHORT_RUN) order.subarray(run, n).sort(compare);
      else sortRun(order, run, n, compare);
      if (n === packed.length) break;
      run = n;
      runEnd = (Math.floor(packed[n] / NUMBERS) + 1) * NUMBERS;
    }
    order[n] = packed[n] % NUMBERS;
  }
  return order;
}

function firstBytes({ bytes, starts }: Keys, key: number, skip: number): number {
  const end = starts[key + 1];
  let value = 0;
  for (let at = starts[key] + skip, k = 0; k < 4; k++, at++)
    value = value * 256 + (at < end ? bytes[at] : 0);
  return value;
}

function sortRun(
  order: Int32Array,
  from: number,
  to: number,
  compare: (a: number, b: number) => number,
): void {
  for (let n = from + 1; n < to; n++) {
    const key = order[n];
    let at = n;
    for (; at > from && compare(order[at - 1], key) > 0; at--) order[at] = order[at - 1];
    order[at] = key;
  }
}

function compareKeys({ bytes, starts }: Keys, a: number, b: number, skip: number): number {
  const lengthA = starts[a + 1] - starts[a];
  const lengthB = starts[b + 1] - starts[b];
  const length = Math.min(lengthA, lengthB);
  for (let k = skip; k < length; k++) {
    const difference = bytes[starts[a] + k] - bytes[starts[b] + k];
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
