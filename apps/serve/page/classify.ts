// The field for sentence classification: a bar for each label.

import { ask, isRecord } from './ask.js';
import { type Bar, makeBars } from './bars.js';
import { find } from './make.js';
import type { Widget } from './widget.js';

export function computeClasses(widget: Widget): void {
  const pair = find(widget.form, 'textarea[name=pair]', HTMLTextAreaElement).value.trim();
  const text = widget.text.value;
  const body = { inputs: pair === '' ? text : { text, text_pair: pair } };
  void widget.run(async (signal) => {
    const answer = await ask(widget.url, body, signal);
    return { name: 'Bars', view: makeBars(classes(answer.value)), url: widget.url, body, answer };
  });
}

/** `[[{label, score}]]`, as the Inference API answers, or one list less deep. */
function classes(value: unknown): Bar[] {
  if (Array.isArray(value)) return value.flatMap(classes);
  if (!isRecord(value) || typeof value.score !== 'number') return [];
  return [{ label: String(value.label), score: value.score }];
}
