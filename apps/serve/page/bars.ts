// Answers with a score as bars, the longest for the best.

import { make } from './make.js';

export interface Bar {
  readonly label: string;
  readonly score: number;
  /** Said when the pointer rests on it. */
  readonly title?: string;
}

export function makeBars(bars: readonly Bar[]): HTMLElement {
  const top = Math.max(...bars.map(({ score }) => score), Number.MIN_VALUE);
  return make(
    'ol',
    { class: 'bars' },
    ...bars.map(({ label, score, title }) => {
      const bar = make('span', { class: 'bar-length', 'aria-hidden': 'true' });
      bar.style.setProperty('--share', String(Math.max(0, score / top)));
      return make(
        'li',
        title === undefined ? {} : { title },
        bar,
        make('span', { class: 'bar-label' }, label),
        make('span', { class: 'bar-score' }, score.toFixed(3)),
      );
    }),
  );
}
