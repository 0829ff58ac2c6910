// The field for replaced tokens: a heat map of the text, and the button that lets the generator corrupt it first.

import { type Answer, ask, isRecord } from './ask.js';
import {
  chooseSpans,
  DRAW_FROM,
  fillSpans,
  maskSpans,
  type Replacement,
  wholeWords,
} from './corrupt.js';
import { fillings } from './fill-mask.js';
import { type DetectedToken, type HeatMap, makeHeatMap } from './heat-map.js';
import { find } from './make.js';
import { openWidget, type Shown, type Widget } from './widget.js';

/** Opens the field and its slider; returns what runs it. */
export function openDetector(root: HTMLElement): Widget {
  let map: HeatMap | undefined;
  const slider = find(root, 'input[data-threshold]', HTMLInputElement);
  const mark = (): void => {
    find(root, '.threshold output', HTMLElement).textContent = `${slider.value} %`;
    map?.mark(Number(slider.value) / 100);
  };
  const show = (text: string, answer: Answer, drawn: readonly Replacement[]): Shown => {
    map = makeHeatMap(text, tokensOf(answer.value), drawn);
    mark();
    return { name: 'Heat map', view: map.view, url: widget.url, body: { inputs: text }, answer };
  };
  const widget = openWidget(root, ({ text, url, run }) => {
    const inputs = text.value;
    void run(async (signal) => show(inputs, await ask(url, { inputs }, signal), []));
  });
  slider.addEventListener('input', mark);

  const { generator, mask } = root.dataset;
  if (generator === undefined || mask === undefined) return widget;
  // each press corrupts the text that the reader wrote, not the last corruption of it
  let written = '';
  let corrupted = '';
  find(root, 'button[data-corrupt]', HTMLButtonElement).addEventListener('click', () => {
    if (widget.text.value !== corrupted) written = widget.text.value;
    void widget.run(async (signal) => {
      const plain = await ask(widget.url, { inputs: written }, signal);
      const spans = chooseSpans(wholeWords(tokensOf(plain.value)), Math.random);
      if (spans.length === 0) throw new Error('There is no whole word to replace in this text.');
      const filled = await ask(
        generator,
        { inputs: maskSpans(written, spans, mask), parameters: { top_k: DRAW_FROM } },
        signal,
      );
      const { text, replacements } = fillSpans(written, spans, fillings(filled.value), Math.random);
      const answer = await ask(widget.url, { inputs: text }, signal);
      corrupted = text;
      widget.text.value = text;
      return show(text, answer, replacements);
    });
  });
  return widget;
}

function tokensOf(value: unknown): DetectedToken[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((token: unknown) => {
    if (!isRecord(token)) return [];
    const { word, start, end, score } = token;
    return typeof word === 'string' &&
      typeof start === 'number' &&
      typeof end === 'number' &&
      typeof score === 'number'
      ? [{ word, start, end, probability: score }]
      : [];
  });
}
