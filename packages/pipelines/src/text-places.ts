// Where a token stands in its text, in the unit that the caller counts in.

import { checkOneOf } from './input-error.js';

/** `utf16` are the indices of JavaScript's strings; `codepoint` is what Python counts. */
export type OffsetUnit = 'utf16' | 'codepoint';

/** @returns a function from places in UTF-16 units to places in `unit` */
export function placesIn(text: string, unit: OffsetUnit = 'utf16'): (place: number) => number {
  checkOneOf('offsetUnit', unit, ['utf16', 'codepoint']);
  if (unit === 'utf16') return (place) => place;
  const before = new Int32Array(text.length + 1); // code points that begin before each place
  let count = 0;
  for (let place = 0; place < text.length; place++) {
    before[place] = count;
    if (!isSecondHalf(text, place)) count++;
  }
  before[text.length] = count;
  return (place) => before[place];
}

const isSecondHalf = (text: string, place: number): boolean =>
  place > 0 && (text.codePointAt(place - 1) ?? 0) > 0xffff;
