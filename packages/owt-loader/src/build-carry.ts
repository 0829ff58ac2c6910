// The default builder: sentences packed into examples of L tokens, what does not fit carried to the next.
//
// Shapes as ELECTRA draws them (one example in ten is a single segment, one in twenty aims at a random shorter
// length), but the text is split into sentences first and an overflowing sentence goes on in the next example,
// so that no token is lost except a last handful too short to be worth a row, which the counts report.

import type { BuildInput } from './builder.js';
import { countFilled } from './encoder.js';

/** A document's last example needs at least this many tokens of text. */
const MIN_TAIL = 8;
const SINGLE_SHARE = 0.1;
const SHORT_SHARE = 0.05;

export function buildCarry({ sentences, draws, sink, counts }: BuildInput): void {
  const L = sink.length;
  const { ids, ends, count, tokens } = sentences;
  counts.tokens += tokens;
  counts.sentences += countFilled(sentences);
  const minTail = Math.min(MIN_TAIL, L - 3);
  let at = 0; // first token not yet placed
  let sentence = 0; // first sentence that ends beyond `at`
  while (tokens - at >= minTail) {
    const target = draws.uniform() < SHORT_SHARE ? draws.integer(Math.min(L, minTail + 3), L) : L;
    const room = Math.min(target - 3, tokens - at);
    const aim = draws.uniform() < SINGLE_SHARE ? room : room >> 1;
    // Segment A: whole sentences up to the aim, with even odds the one that passes it; a sentence that
    // leaves segment B no room is cut at the aim.
    let endA = at;
    for (let s = sentence; s < count && endA - at < aim; s++) {
      const end = ends[s] ?? tokens;
      if (end <= at) continue;
      const fits = end - at <= aim;
      if (!fits && endA > at && draws.uniform() < 0.5) break;
      endA = fits || end - at < room ? end : Math.max(endA, at + Math.max(aim, 1));
      if (!fits) break;
    }
    const single = aim === room || endA - at >= room;
    const endB = single ? endA : Math.min(tokens, at + room);
    if (single) {
      endA = Math.min(tokens, at + target - 2);
      sink.add(ids, at, endA);
      counts.single++;
      counts.placed += endA - at;
      at = endA;
    } else {
      sink.add(ids, at, endA, ids, endA, endB);
      counts.placed += endB - at;
      at = endB;
    }
    while (sentence < count && (ends[sentence] ?? 0) <= at) sentence++;
  }
  counts.tail += tokens - at;
}
