import { describe, expect, test } from '@jest/globals';
import { buildPieceTrie, type PieceTrie, pieceOf } from './piece-trie.js';
import { smallVocabulary } from './test-support.js';

/** The id of the piece that is exactly this text, as the engines walk to it. */
function find({ nodes, head, tail }: PieceTrie, text: string, isTail: boolean): number | undefined {
  let base = isTail ? tail : head;
  let node = 0;
  for (const byte of new TextEncoder().encode(text)) {
    if (node & 0x200) return undefined; // no children
    node = nodes[base + byte];
    if ((node & 0xff) !== byte) return undefined;
    base = node >>> 10;
  }
  return node & 0x100 ? pieceOf(nodes, node) : undefined;
}

const hostile = [
  'a',
  'ab',
  'abc',
  'À',
  'a\0',
  'a\u00ff',
  '你',
  '你好',
  '😀',
  'b\u007f',
  '##a',
  '##ab',
  '##À',
];

describe('the trie', () => {
  test.each([
    ['a small vocabulary', smallVocabulary()],
    ['pieces that are the starts of others, of odd bytes', hostile],
    [
      'many pieces',
      Array.from({ length: 20000 }, (_, k) => `${k % 3 ? '' : '##'}${k.toString(7)}`),
    ],
    [
      'so many pieces that the array grows while they are placed',
      Array.from({ length: 120_000 }, (_, k) => `${k % 3 ? '' : '##'}${(k * 7919).toString(36)}`),
    ],
  ])('has each piece of %s once, and nothing else', (_, tokens) => {
    const ids = new Map(tokens.map((token, k) => [token, 0xffffe - k]));
    const trie = buildPieceTrie(ids, '##');
    const wrong: unknown[] = [];
    for (const [token, id] of ids) {
      const isTail = token.startsWith('##') && token.length > 2;
      const text = isTail ? token.slice(2) : token;
      const expected = token === '##' ? undefined : id;
      const found = [find(trie, text, isTail), find(trie, `${text}\0`, isTail)];
      if (found[0] !== expected || found[1] !== ids.get(`${token}\0`)) wrong.push([token, found]);
    }
    expect(wrong).toEqual([]);
    const ends = trie.nodes.filter((node) => (node & 0xff) !== 0xc0);
    expect(ends.filter((node) => node & 0x100).length).toBe(
      [...ids.keys()].filter((token) => token !== '##' && token !== '').length,
    );
  });
});
