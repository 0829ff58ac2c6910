// A text in which each token's background says how likely it was replaced. One hue, told apart by its strength; a line
// below the token from the threshold on, so that colour alone carries nothing; the same as a table.

import type { Replacement } from './corrupt.js';
import { find, make } from './make.js';
import { neighbour } from './tabs.js';

/** A token as the server finds it; offsets in UTF-16 code units. */
export interface DetectedToken {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** Probability of having been replaced. */
  readonly probability: number;
}

export interface HeatMap {
  readonly view: HTMLElement;
  /** Marks tokens from `threshold` on, 0 to 1. */
  mark(threshold: number): void;
}

export function makeHeatMap(
  text: string,
  tokens: readonly DetectedToken[],
  replacements: readonly Replacement[],
): HeatMap {
  const originalOf = ({ start, end }: DetectedToken): string | undefined =>
    replacements.find((one) => one.start < end && start < one.end)?.original;
  const said = make('output', { class: 'said' });
  const spans = tokens.map((token, index) => {
    const span = make('span', { class: 'heat', tabindex: index === 0 ? '0' : '-1' });
    span.style.setProperty('--heat', token.probability.toFixed(4));
    span.textContent = text.slice(token.start, token.end);
    const say = (): void => {
      const original = originalOf(token);
      const was = original === undefined ? '' : `, drawn in place of “${original}”`;
      said.textContent = `“${token.word}”: ${percent(token.probability)} replaced${was}`;
    };
    span.addEventListener('pointerenter', say);
    span.addEventListener('focus', say);
    return span;
  });
  moveWithArrows(spans);
  const summary = make('p', { class: 'summary' });
  const view = make(
    'div',
    {},
    make('p', { class: 'heat-map' }, ...woven(text, tokens, spans, replacements)),
    legend(),
    said,
    summary,
    table(tokens, originalOf),
  );
  return {
    view,
    mark(threshold) {
      for (const [index, span] of spans.entries())
        span.toggleAttribute('data-marked', (tokens[index]?.probability ?? 0) >= threshold);
      summary.textContent = summaryWords(tokens, replacements, threshold);
    },
  };
}

/** Tokens with the text between them; a drawn word carries the original above it. */
function woven(
  text: string,
  tokens: readonly DetectedToken[],
  spans: readonly HTMLElement[],
  replacements: readonly Replacement[],
): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  const rubies = new Map<Replacement, HTMLElement>();
  let at = 0;
  for (const [index, { start, end }] of tokens.entries()) {
    const span = spans[index];
    if (!span) continue;
    if (start > at) nodes.push(text.slice(at, start));
    at = Math.max(at, end);
    const drawn = replacements.find((one) => one.start < end && start < one.end);
    if (!drawn || drawn.original === text.slice(drawn.start, drawn.end)) {
      nodes.push(span);
      continue;
    }
    const open = rubies.get(drawn);
    if (open) {
      open.querySelector('rt')?.before(span);
      continue;
    }
    const ruby = make('ruby', {}, span, make('rt', {}, drawn.original));
    rubies.set(drawn, ruby);
    nodes.push(ruby);
  }
  nodes.push(text.slice(at));
  return nodes;
}

/** One stop of the Tab key for the whole text; arrows, Home and End go through the tokens. */
function moveWithArrows(spans: readonly HTMLElement[]): void {
  for (const [index, span] of spans.entries())
    span.addEventListener('keydown', (event) => {
      const next = spans[neighbour(event.key, index, spans.length) ?? -1];
      if (!next) return;
      event.preventDefault();
      span.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
}

function summaryWords(
  tokens: readonly DetectedToken[],
  replacements: readonly Replacement[],
  threshold: number,
): string {
  const isDrawn = ({ start, end }: DetectedToken): boolean =>
    replacements.some((one) => one.start < end && start < one.end);
  const marked = tokens.filter(({ probability }) => probability >= threshold);
  if (replacements.length === 0) return `${marked.length} of ${tokens.length} tokens marked.`;
  const drawn = tokens.filter(isDrawn);
  const found = marked.filter(isDrawn).length;
  return `${found} of ${drawn.length} drawn tokens marked, and ${marked.length - found} of the ${tokens.length - drawn.length} others.`;
}

function legend(): HTMLElement {
  const step = (share: number): HTMLElement => {
    const box = make('i', { class: 'heat' });
    box.style.setProperty('--heat', String(share));
    return box;
  };
  return make(
    'p',
    { class: 'legend', 'aria-hidden': 'true' },
    'original ',
    ...[0, 0.25, 0.5, 0.75, 1].map(step),
    ' replaced',
  );
}

function table(
  tokens: readonly DetectedToken[],
  originalOf: (token: DetectedToken) => string | undefined,
): HTMLElement {
  const rows = tokens.map((token) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, token.word),
      make('td', {}, percent(token.probability)),
      make('td', {}, originalOf(token) ?? ''),
    ),
  );
  const head = ['token', 'replaced', 'original'].map((name) => make('th', { scope: 'col' }, name));
  const details = make(
    'details',
    {},
    make('summary', {}, 'As a table'),
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Tokens' }),
  );
  find(details, '.scroll', HTMLElement).append(
    make(
      'table',
      { class: 'figures' },
      make('thead', {}, make('tr', {}, ...head)),
      make('tbody', {}, ...rows),
    ),
  );
  return details;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
