// The values of Parquet pages of texts (parquet-format, Encodings.md): one after another with their lengths, or numbers
// of texts in a dictionary, in runs of one number and groups of eight.

import { type Cursor, Unfamiliar } from './parquet-header.js';

/** Adds `count` texts, each after its length, up to the end; views. @throws Unfamiliar */
export function plainTexts(cursor: Cursor, count: number, texts: Uint8Array[]): Uint8Array[] {
  for (let i = 0; i < count; i++) texts.push(cursor.take(cursor.littleEndian(4)));
  if (!cursor.isAtEnd) throw new Unfamiliar('more texts than values');
  return texts;
}

/** `count` texts by their numbers in a dictionary, after the width of a number. @throws Unfamiliar */
export function dictionaryTexts(
  cursor: Cursor,
  count: number,
  dictionary: readonly Uint8Array[],
  texts: Uint8Array[],
): void {
  const width = cursor.byte();
  if (width > 24) throw new Unfamiliar(`numbers of ${width} bits`);
  readRuns(cursor, width, count, (number, times) => {
    const text = dictionary[number];
    if (!text) throw new Unfamiliar(`text ${number} of ${dictionary.length}`);
    for (let i = 0; i < times; i++) texts.push(text);
  });
}

/** Definition levels of a column that may hold nulls and has none. @throws Unfamiliar if it has */
export function passFullLevels(cursor: Cursor, count: number): void {
  readRuns(cursor, 1, count, (level) => {
    if (level !== 1) throw new Unfamiliar('a null');
  });
}

/** Numbers of `width` bits until there are `count`, in runs of one and in groups of eight. */
function readRuns(
  cursor: Cursor,
  width: number,
  count: number,
  take: (number: number, times: number) => void,
): void {
  const bytes = Math.ceil(width / 8);
  for (let left = count; left > 0; ) {
    const head = cursor.varint();
    const isPacked = head % 2 === 1;
    const times = Math.min(left, isPacked ? 8 * Math.floor(head / 2) : head / 2);
    if (times === 0) throw new Unfamiliar('a run of nothing');
    if (isPacked) unpack(cursor.take(Math.floor(head / 2) * width), width, times, take);
    else take(cursor.littleEndian(bytes), times);
    left -= times;
  }
}

function unpack(
  bytes: Uint8Array,
  width: number,
  count: number,
  take: (number: number, times: number) => void,
): void {
  const mask = 2 ** width - 1;
  let held = 0; // never more than 31 bits: 24 and the rest of a byte
  let bits = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (; bits < width; bits += 8) held |= (bytes[at++] ?? 0) << bits;
    take(held & mask, 1);
    held >>>= width;
    bits -= width;
  }
}
