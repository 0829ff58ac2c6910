import { expect, test } from '@jest/globals';
import { PageMemory } from './page-memory.js';

/** A stream of snappy's format with its length before it (format_description.txt of google/snappy). */
interface Stream {
  readonly bytes: readonly number[];
  readonly text: string;
}

const memory = new PageMemory();

function uncompress(bytes: readonly number[], length: number): string | undefined {
  const page = memory.open(bytes.length, length);
  page.set(bytes);
  const found = memory.uncompress(page, length);
  return found && Buffer.from(found).toString('latin1');
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** A literal, its length in `extra` bytes or, if that is 0, in the tag. */
function literal(text: string, extra: number): number[] {
  const less = text.length - 1;
  const tag = extra === 0 ? less << 2 : (59 + extra) << 2;
  return [tag, ...bytesOf(less, extra), ...Buffer.from(text, 'latin1')];
}

/** A copy with an offset of 11, 16 or 32 bits. */
function copy(count: number, offset: number, kind: 1 | 2 | 3): number[] {
  if (kind === 1) return [1 | ((count - 4) << 2) | ((offset >> 8) << 5), offset & 255];
  return [kind | ((count - 1) << 2), ...bytesOf(offset, kind === 2 ? 2 : 4)];
}

const stream = (text: string, ...parts: number[][]): Stream => ({
  text,
  bytes: [...varint(text.length), ...parts.flat()],
});

test.each<[string, Stream]>([
  ['nothing', stream('')],
  ['a literal of one byte', stream('a', literal('a', 0))],
  ['a literal of 60 bytes', stream('b'.repeat(60), literal('b'.repeat(60), 0))],
  ...([1, 2, 3, 4] as const).map((extra): [string, Stream] => [
    `a literal whose length takes ${extra} bytes`,
    stream('c'.repeat(200), literal('c'.repeat(200), extra)),
  ]),
  // the copied bytes overlap those that are written
  ['a copy from one byte before', stream('ddddddd', literal('d', 0), copy(6, 1, 2))],
  ['a copy from three bytes before', stream('abcabcabca', literal('abc', 0), copy(7, 3, 1))],
  [
    'a copy from nine bytes before',
    stream('123456789'.repeat(7), literal('123456789', 0), copy(54, 9, 3)),
  ],
  [
    'a copy from twenty bytes before, and a literal',
    stream(
      `${'abcdefghijklmnopqrst'.repeat(2)}!`,
      literal('abcdefghijklmnopqrst', 0),
      copy(20, 20, 2),
      literal('!', 0),
    ),
  ],
])('%s', (_, { text, bytes }) => {
  expect(uncompress(bytes, text.length)).toBe(text);
});

test.each<[string, readonly number[], number]>([
  ['another length than is wanted', [3, ...literal('abc', 0)], 4],
  ['a length without an end', [0x83, 0x80, 0x80, 0x80, 0x80, 0x00], 3],
  ['nothing at all', [], 0],
  ['fewer bytes than its length', [4, ...literal('abc', 0)], 4],
  ['more bytes than its length', [2, ...literal('abc', 0)], 2],
  ['a literal that is cut', [3, ...literal('abc', 0).slice(0, -1)], 3],
  ['a literal of 4 GiB', [3, 63 << 2, 255, 255, 255, 255, 97, 98, 99], 3],
  ['a copy without an offset', [5, ...literal('a', 0), ...copy(4, 0, 1)], 5],
  ['a copy from before the start', [5, ...literal('a', 0), ...copy(4, 2, 2)], 5],
  ['a copy from 4 GiB before', [5, ...literal('a', 0), ...copy(4, 2 ** 32 - 1, 3)], 5],
  ['a copy beyond its length', [4, ...literal('a', 0), ...copy(4, 1, 1)], 4],
  ['a copy that is cut', [5, ...literal('a', 0), ...copy(4, 1, 2).slice(0, -1)], 5],
])('refused: %s', (_, bytes, length) => {
  expect(uncompress(bytes, length)).toBeUndefined();
});

test('random literals and copies give what a plain loop gives', () => {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const wrong: number[] = [];
  for (let round = 0; round < 500; round++) {
    let text = '';
    const parts: number[][] = [];
    for (let i = random(60) + 1; i > 0; i--)
      if (text === '' || random(2) === 0) {
        const added = Array.from({ length: random(90) + 1 }, () =>
          String.fromCharCode(97 + random(26)),
        ).join('');
        parts.push(literal(added, added.length > 60 ? 1 + random(4) : random(5)));
        text += added;
      } else {
        const offset = 1 + random(Math.min(text.length, random(2) === 0 ? 20 : 2000));
        const isNear = random(3) === 0;
        const count = isNear ? 4 + random(8) : 1 + random(64);
        for (let j = 0; j < count; j++) text += text[text.length - offset];
        parts.push(copy(count, offset, isNear ? 1 : random(2) === 0 ? 2 : 3));
      }
    const { bytes } = stream(text, ...parts);
    if (uncompress(bytes, text.length) !== text) wrong.push(round);
  }
  expect(wrong).toEqual([]);
});

test('a page that the group has no room for is refused, and a smaller group gives memory back', () => {
  const bytes = [...varint(64), ...literal('a', 0), ...copy(63, 1, 2)];
  const large = memory.open(bytes.length, 2 ** 27);
  expect(large.buffer.byteLength).toBeGreaterThan(2 ** 27);
  const page = memory.open(bytes.length, 64);
  expect(page.buffer.byteLength).toBeLessThan(2 ** 20);
  page.set(bytes);
  for (let i = 0; i < 2000; i++)
    if (memory.uncompress(page, 64) === undefined) {
      expect(i).toBeGreaterThan(0);
      return;
    }
  throw new Error('2,000 pages fitted into the room for one');
});
