import { expect, test } from '@jest/globals';
import { COUNT_NAMES, noCounts } from './builder.js';
import { DocumentSink } from './document-columns.js';

test('keeps what was said of each of many documents, and nothing of those before', () => {
  const sink = new DocumentSink();
  for (const [documents, share] of [
    [1000, 3],
    [600, 7],
  ] as const) {
    sink.clear();
    for (let i = 0; i < documents; i++) {
      const isDirty = i % share === 0;
      const document = sink.add({ high: 2 ** 32 - 1 - i, low: i + share }, 10 * i, isDirty);
      expect(document).toBe(i);
      if (!isDirty) sink.note(document, i % 5, { ...noCounts(), tokens: i, single: share });
    }
    const columns = sink.columns();
    expect(columns.documents).toBe(documents);
    for (let i = 0; i < documents; i++) {
      const isDirty = i % share === 0;
      expect(sink.identityOf(i)).toEqual({ high: 2 ** 32 - 1 - i, low: i + share });
      expect(columns.identities[2 * i + 1]).toBe(i + share);
      expect(columns.characters[i]).toBe(10 * i);
      expect(columns.contaminated[i]).toBe(isDirty ? 1 : 0);
      expect(columns.examples[i]).toBe(isDirty ? 0 : i % 5);
      const kinds = COUNT_NAMES.length;
      const counts = [...columns.counts.subarray(i * kinds, (i + 1) * kinds)];
      expect(counts).toEqual(isDirty ? [0, 0, 0, 0, 0, 0] : [0, i, 0, 0, 0, share]);
    }
    expect(columns.identities).toHaveLength(2 * documents);
    expect(columns.counts).toHaveLength(COUNT_NAMES.length * documents);
  }
});
