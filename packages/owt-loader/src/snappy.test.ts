// Snappy in WebAssembly against a plain decoder, where the two could differ: ends, overlaps, cuts, damage. A memory that
// ends sixteen bytes behind the stored bytes, and another behind the output, make every access beyond them a trap.

import { expect, test } from '@jest/globals';
import { growTo, SLACK, textInstance } from './text-instance.js';

const ROOM = 100_000;
const layouts = ['stored bytes', 'output'].map((last) => {
  const { memory, textStart, uncompressSnappy } = textInstance();
  growTo(memory, textStart() + 2 * ROOM);
  return { view: Buffer.from(memory.buffer), isOutputLast: last === 'output', uncompressSnappy };
});

/** What a stream gives; undefined if it is not, without fault, `length` bytes. */
function uncompress(stream: Buffer, length: number): Buffer | undefined {
  const [found, again] = layouts.map(({ view, isOutputLast, uncompressSnappy }) => {
    const [stored, output] = isOutputLast ? [ROOM, view.length] : [view.length, ROOM];
    const from = stored - SLACK - stream.length;
    const to = output - SLACK;
    view.set(stream, from);
    return uncompressSnappy(from, from + stream.length, to - length, length) === 1
      ? view.subarray(to - length, to)
      : undefined;
  });
  if (!isSame(found, again)) throw new Error('what comes out depends on where it lies');
  return found;
}

const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);

/** The same, as format_description.txt has it. */
function plainly(stream: Buffer, length: number): Buffer | undefined {
  const output = Buffer.alloc(length);
  let [at, out, says] = [0, 0, 0];
  const number = (bytes: number): number => {
    at += bytes;
    return bytes === 0 || at > stream.length ? 0 : stream.readUIntLE(at - bytes, bytes);
  };
  for (let scale = 1, byte = 128; byte >= 128; scale *= 128) {
    if (at === stream.length || scale > 2 ** 28) return undefined;
    byte = number(1);
    says += (byte & 127) * scale;
  }
  if (says !== length) return undefined;
  while (at < stream.length) {
    const tag = number(1);
    const kind = tag & 3;
    let count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    if (kind === 0 && count > 60) count = number(count - 60) + 1;
    let offset = kind === 1 ? (tag >> 5) * 256 : 0;
    if (kind > 0) offset += number(kind === 3 ? 4 : kind);
    const isThere =
      kind === 0 ? count <= stream.length - at : 0 < offset && offset <= out && at <= stream.length;
    if (!isThere || count > length - out) return undefined;
    for (const end = out + count; out < end; out++)
      output[out] = (kind === 0 ? stream[at++] : output[out - offset]) as number;
  }
  return out === length ? output : undefined;
}

let state = 1;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) % 256);
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

/** Random bytes, their number in `extra` bytes or, if that is 0, in the tag. */
const literal = (count: number, extra: number): Buffer =>
  Buffer.from([
    (extra === 0 ? count - 1 : 59 + extra) << 2,
    ...bytesOf(count - 1, extra),
    ...Array.from({ length: count }, () => random(256)),
  ]);

/** A copy with an offset of 11, 16 or 32 bits. */
const copy = (count: number, offset: number, kind: number): Buffer =>
  Buffer.from(
    kind === 1
      ? [1 | ((count - 4) << 2) | ((offset >> 8) << 5), offset & 255]
      : [kind | ((count - 1) << 2), ...bytesOf(offset, kind === 2 ? 2 : 4)],
  );

/** So many bytes by literals of seven and one of the rest. */
const shorts = (count: number): Buffer =>
  count > 7
    ? Buffer.concat([literal(7, 0), shorts(count - 7)])
    : Buffer.concat(count > 0 ? [literal(count, 0)] : []);

const stream = (length: number, ...parts: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(varint(length)), ...parts]);

const isWrong = (bytes: Buffer, length: number): boolean =>
  !isSame(uncompress(bytes, length), plainly(bytes, length));

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

// What stands before and behind the tag in question: the ends of a stream are handled apart from its middle.
const places = [1, 127, 128, 300].flatMap((before) =>
  [0, 70, 200].map((behind): [number, number] => [before, behind]),
);

test.each(places)('copies between %d bytes and %d', (before, behind) => {
  const [start, end] = [shorts(before), shorts(behind)];
  // also from before the start
  const offsets = [0, ...upTo(20), 31, 32, 33, 127, 128, 129, 255, 256, before, before + 1, 2047];
  const wrong: string[] = [];
  for (const offset of offsets)
    for (const kind of [1, 2, 3])
      for (const count of kind === 1 ? upTo(8).map((i) => i + 3) : [...upTo(34), 48, 49, 64]) {
        const length = before + count + behind;
        if (isWrong(stream(length, start, copy(count, offset, kind), end), length))
          wrong.push(`${count} from ${offset} before, kind ${kind}`);
      }
  expect(wrong).toEqual([]);
});

test.each(places)('literals between %d bytes and %d', (before, behind) => {
  const [start, end] = [shorts(before), shorts(behind)];
  const wrong: string[] = [];
  for (const count of [...upTo(66), 255, 256, 257, 4000])
    for (const extra of [0, 1, 2, 3, 4].filter((i) => count <= (i === 0 ? 60 : 256 ** i))) {
      const length = before + count + behind;
      if (isWrong(stream(length, start, literal(count, extra), end), length))
        wrong.push(`${count}, told by ${extra} bytes`);
    }
  expect(wrong).toEqual([]);
});

test.each<[string, Buffer]>([
  ['a literal of 64 KiB and a byte', literal(65_537, 3)],
  ['a copy of 64 bytes', copy(64, 200, 2)],
  ['an offset of 4 GiB', copy(4, 2 ** 32 - 1, 3)],
  ['an offset of 2 GiB', copy(4, 2 ** 31, 3)],
  ['a literal of 4 GiB', Buffer.from([63 << 2, 255, 255, 255, 255])],
  ['a literal of 2 GiB', Buffer.from([63 << 2, 255, 255, 255, 127])],
])('%s amid others', (_, part) => {
  // one tag more or less before it, since it may be taken on the usual path or on the careful one
  for (const before of [300, 307])
    for (const rest of [...upTo(64), 300, 304, 364, 300 + 65_537]) {
      const length = before + rest;
      expect(isWrong(stream(length, shorts(before), part, shorts(300)), length)).toBe(false);
    }
});

/** All kinds of tags, and how much they give. */
function mixed(tags: number): [body: Buffer, length: number] {
  const parts: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < tags; i++) {
    const kind = length === 0 ? 0 : random(4);
    const count = kind === 1 ? 4 + random(8) : 1 + random(random(8) === 0 ? 64 : 12);
    const offset = 1 + random(Math.min(length, random(4) === 0 ? 20 : 2000));
    const extra = count > 60 || random(8) === 0 ? 1 + random(4) : 0;
    parts.push(kind === 0 ? literal(count, extra) : copy(count, offset, kind));
    length += count;
  }
  return [Buffer.concat(parts), length];
}

test('random streams, whole, of another length, cut at each place, and with another byte there', () => {
  const wrong: string[] = [];
  for (let round = 0; round < 12; round++) {
    const [body, length] = mixed(20 * round + 5);
    const bytes = stream(length, body);
    if (uncompress(bytes, length) === undefined || isWrong(bytes, length)) wrong.push(`${round}`);
    for (let less = -2; less < Math.min(length, 200); less++)
      if (isWrong(stream(length - less, body), length - less)) wrong.push(`${round} less ${less}`);
    for (let at = 0; at < bytes.length; at++) {
      if (isWrong(bytes.subarray(0, at), length)) wrong.push(`${round} cut at ${at}`);
      const damaged = Buffer.from(bytes);
      damaged[at] = random(256);
      if (isWrong(damaged, length)) wrong.push(`${round} with another byte ${at}`);
    }
  }
  expect(wrong).toEqual([]);
});
