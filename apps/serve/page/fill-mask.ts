// The fill-mask field: one group of bars for each mask in the text.

import { ask, isRecord } from './ask.js';
import { makeBars } from './bars.js';
import { make } from './make.js';
import type { Widget } from './widget.js';

export interface Filling {
  readonly score: number;
  readonly token: string;
  readonly sequence: string;
}

export function computeFillMask(widget: Widget): void {
  const body = { inputs: widget.text.value };
  void widget.run(async (signal) => {
    const answer = await ask(widget.url, body, signal);
    const masks = fillings(answer.value);
    const groups = masks.map((bars, index) =>
      make(
        'div',
        {},
        ...(masks.length > 1 ? [make('h3', {}, `Mask ${index + 1}`)] : []),
        makeBars(
          bars.map(({ token, score, sequence }) => ({
            label: shown(token),
            score,
            title: sequence,
          })),
        ),
      ),
    );
    return { name: 'Bars', view: make('div', {}, ...groups), url: widget.url, body, answer };
  });
}

/** The answers for each mask. One mask has a flat list, several a list of lists. */
export function fillings(value: unknown): readonly (readonly Filling[])[] {
  if (!Array.isArray(value)) return [];
  const groups: readonly unknown[] = value.every(Array.isArray) ? value : [value];
  return groups.map((group) => (Array.isArray(group) ? group.flatMap(filling) : []));
}

function filling(value: unknown): Filling[] {
  if (!isRecord(value)) return [];
  const { score, token_str: token, sequence } = value;
  return typeof score === 'number' && typeof token === 'string'
    ? [{ score, token, sequence: String(sequence ?? '') }]
    : [];
}

/** Blank tokens would be bars without a name. */
const shown = (token: string): string => (token.trim() === '' ? JSON.stringify(token) : token);
