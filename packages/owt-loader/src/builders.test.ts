import { describe, expect, test } from '@jest/globals';
import { BUILDERS, type BuilderName, noCounts, SPLITTERS } from './builder.js';
import { drawsFor } from './draws.js';
import { linesEncoder } from './encoder.js';
import { ExampleSink } from './example-columns.js';
import { LineEncoder } from './line-encoder.js';
import { splitSentences } from './sentences.js';
import { encode, SPECIAL, someDocuments, VOCABULARY } from './test-support.js';

function build(name: BuilderName, text: string, length = 32, seed = 1) {
  const sink = new ExampleSink(length, VOCABULARY, SPECIAL, 1);
  const counts = noCounts();
  const encodeLines = linesEncoder({ encode });
  const lines = new LineEncoder({ encodeLines, toLines: SPLITTERS[name], clean: 'none' });
  const { identity } = lines.write(text);
  lines.keep();
  lines.encode((sentences) => {
    BUILDERS[name]({ sentences, draws: drawsFor(seed, identity), sink, counts });
  });
  const columns = sink.columns();
  const examples = Array.from({ length: columns.rows }, (_, row) => {
    const end = columns.lengths[row] ?? 0;
    const split = columns.splits[row] ?? 0;
    const ids = [...columns.ids.subarray(row * length, (row + 1) * length)];
    return { ids, end, a: ids.slice(1, split - 1), b: ids.slice(split, Math.max(split, end - 1)) };
  });
  return { examples, counts };
}

const documents = [...someDocuments(60)];

describe.each(['carry', 'electra', 'lmtuners'] as const)('%s', (name) => {
  test('accounts for every token', () => {
    for (const { text } of documents) {
      const { examples, counts } = build(name, text);
      expect(counts.tokens).toBe(encode(text).length);
      expect(counts.placed + counts.cut + counts.tail).toBe(counts.tokens);
      expect(examples.reduce((sum, { a, b }) => sum + a.length + b.length, 0)).toBe(counts.placed);
      expect(counts.single).toBe(examples.filter(({ b }) => b.length === 0).length);
    }
  });

  test('writes [CLS] A [SEP] B [SEP] and padding', () => {
    for (const { text } of documents)
      for (const { ids, end, a, b } of build(name, text).examples) {
        const row = [SPECIAL.cls, ...a, SPECIAL.sep, ...(b.length > 0 ? [...b, SPECIAL.sep] : [])];
        expect(row.length).toBe(end);
        expect(ids).toEqual([...row, ...new Array(ids.length - end).fill(SPECIAL.pad)]);
      }
  });

  test('depends on text and seed alone', () => {
    const text = documents[7]?.text ?? '';
    expect(build(name, text)).toEqual(build(name, text));
    const seeds = [1, 2, 3, 4, 5].map((seed) =>
      JSON.stringify(build(name, text, 32, seed).examples),
    );
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  test('makes nothing of nothing', () => {
    expect(build(name, ' \n\n ').examples).toEqual([]);
  });
});

describe('carry', () => {
  test('places the tokens of a document in order, none twice, all but a short tail', () => {
    for (const { text } of documents) {
      const { examples, counts } = build('carry', text);
      const placed = examples.flatMap(({ a, b }) => [...a, ...b]);
      expect(placed).toEqual(encode(text).slice(0, placed.length));
      expect(counts.tail).toBeLessThan(8);
      expect(counts.cut).toBe(0);
    }
  });

  test('fills examples: only drawn-short and last ones have room left', () => {
    const text = Array.from(someDocuments(400, 60), (document) => document.text).join('\n');
    const { examples } = build('carry', text, 64);
    const full = examples.filter(({ end }) => end === 64).length / examples.length;
    expect(full).toBeGreaterThan(0.92); // one in twenty is drawn short
    expect(full).toBeLessThan(0.98);
    const single = examples.filter(({ b }) => b.length === 0).length / examples.length;
    expect(single).toBeGreaterThan(0.05);
    expect(single).toBeLessThan(0.15); // one in ten is a single segment
  });

  test('begins segment B at a sentence unless a sentence is longer than its segment', () => {
    const text = Array.from(someDocuments(50, 60), (document) => document.text).join('\n');
    const starts = new Set<number>();
    let at = 0;
    for (const sentence of splitSentences(text)) {
      starts.add(at);
      at += encode(sentence).length;
    }
    let position = 0;
    for (const { a, b } of build('carry', text, 64).examples) {
      const inner = Array.from({ length: a.length + b.length - 1 }, (_, i) => position + i + 1);
      const hasChoice = inner.some((at) => starts.has(at));
      if (b.length > 0 && hasChoice) expect(starts.has(position + a.length)).toBe(true);
      position += a.length + b.length;
    }
  });

  test('gives a long unbroken text two segments as well', () => {
    const text = 'word '.repeat(5000);
    const { examples } = build('carry', text, 64);
    const single = examples.filter(({ b }) => b.length === 0).length / examples.length;
    expect(single).toBeLessThan(0.25);
  });
});

describe('lmtuners', () => {
  test('pairs lines cut at half the length', () => {
    const lines = Array.from({ length: 7 }, (_, i) => `line${i} `.repeat(i * 8 + 1).trim());
    const { examples, counts } = build('lmtuners', lines.join('\n\n'), 64);
    expect(examples.length).toBe(4);
    expect(counts.single).toBe(1);
    for (const { a, b, end } of examples) {
      expect(a.length).toBeLessThanOrEqual(30);
      expect(b.length).toBeLessThanOrEqual(30);
      expect(end).toBeLessThanOrEqual(63);
    }
    const used = examples.flatMap(({ a, b }) => [a[0], b[0]]).filter((id) => id !== undefined);
    expect(new Set(used).size).toBe(7);
  });
});
