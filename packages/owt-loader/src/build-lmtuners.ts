// The builder behind the published ALECTRA model, as its README documents it (shoarora/lmtuners 0.1.0;
// reference: electra.md 1.6 g to j): each non-empty line is one sample cut at 64 ids, the rest of the line is
// dropped, and two random lines of the same text make an example of at most 127 tokens.
//
// The code at release appended only the first token of the second line, which the released figures may
// contain; what is built here is the documented form, and that of the code two weeks later.

import type { BuildInput } from './builder.js';

export function buildLmtuners({ sentences, draws, sink, counts }: BuildInput): void {
  // [CLS] A [SEP] fills one half, B [SEP] the other less one: 127 of 128.
  const half = (sink.length >> 1) - 2;
  const { ids, ends, count, tokens } = sentences;
  counts.tokens += tokens;
  const order: number[] = [];
  for (let line = 0; line < count; line++)
    if ((ends[line] ?? 0) > (ends[line - 1] ?? 0)) order.push(line);
  counts.sentences += order.length;
  for (let i = order.length - 1; i > 0; i--) {
    const j = draws.integer(0, i);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  const cut = (line: number): [number, number] => {
    const start = ends[line - 1] ?? 0;
    const end = Math.min(ends[line] ?? 0, start + half);
    counts.placed += end - start;
    counts.cut += (ends[line] ?? 0) - end;
    return [start, end];
  };
  for (let i = 0; i < order.length; i += 2) {
    const [startA, endA] = cut(order[i] ?? 0);
    const partner = order[i + 1];
    if (partner === undefined) {
      sink.add(ids, startA, endA);
      counts.single++;
    } else {
      sink.add(ids, startA, endA, ids, ...cut(partner));
    }
  }
}
