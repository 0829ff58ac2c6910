// What all fields to try share: examples, Ctrl+Enter, one question at a time, the answer with its JSON and its curl.

import { curl, type RequestBody } from '../src/page-snippets.js';
import { type Answer, Refusal, setToken } from './ask.js';
import { copyButton } from './copy-button.js';
import { type Child, find, make } from './make.js';
import { showStatus } from './status.js';
import { makeTabs } from './tabs.js';

export interface Widget {
  readonly root: HTMLElement;
  readonly form: HTMLFormElement;
  readonly text: HTMLTextAreaElement;
  /** Where its model answers. */
  readonly url: string;
  /** Asks and shows; `work` gets a signal that fires when the next question comes. */
  run(work: (signal: AbortSignal) => Promise<Shown>): Promise<void>;
}

export interface Shown {
  readonly name: string;
  readonly view: HTMLElement;
  /** The question and its answer as they went over the wire. */
  readonly url: string;
  readonly body: RequestBody;
  readonly answer: Answer;
}

/** Joins the server's markup to its behaviour; `compute` is called on submit, and at the start if `startNow`. */
export function openWidget(root: HTMLElement, compute: (widget: Widget) => void): Widget {
  const form = find(root, 'form', HTMLFormElement);
  const text = find(root, 'textarea[name=text]', HTMLTextAreaElement);
  const answer = find(root, '[data-answer]', HTMLElement);
  let current: AbortController | undefined;
  let view: string | undefined;

  const widget: Widget = {
    root,
    form,
    text,
    url: root.dataset.url ?? '',
    async run(work) {
      current?.abort();
      const mine = new AbortController();
      current = mine;
      setBusy(root, true);
      if (!answer.hasChildNodes()) answer.append(make('p', { class: 'time' }, waitWords(root)));
      try {
        if (text.value.trim() === '') throw new Error('There is no text yet: write some above.');
        const shown = await work(mine.signal);
        view = answer.querySelector('[role=tab][aria-selected=true]')?.textContent ?? view;
        const hadFocus = answer.contains(document.activeElement);
        answer.replaceChildren(...answerViews(shown, view));
        if (hadFocus) answer.querySelector<HTMLElement>('[role=tab][tabindex="0"]')?.focus();
      } catch (error) {
        if (mine.signal.aborted) return;
        answer.replaceChildren(...refusal(error, form));
      } finally {
        if (current === mine) setBusy(root, false);
      }
      await showStatus(root.dataset.model ?? '');
    },
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    compute(widget);
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const examples = root.querySelector<HTMLSelectElement>('select[data-examples]');
  examples?.addEventListener('change', () => {
    if (examples.value === '') return;
    text.value = examples.value;
    examples.value = '';
    form.requestSubmit();
  });
  const insert = root.querySelector<HTMLButtonElement>('button[data-insert]');
  insert?.addEventListener('click', () => {
    text.setRangeText(insert.dataset.insert ?? '', text.selectionStart, text.selectionEnd, 'end');
    text.focus();
  });
  return widget;
}

function waitWords({ dataset }: HTMLElement): string {
  const line = `[data-status="${CSS.escape(dataset.model ?? '')}"][data-state=Loadable]`;
  return document.querySelector(line) ? 'Loading the model …' : 'Computing …';
}

function setBusy(root: HTMLElement, busy: boolean): void {
  root.toggleAttribute('data-busy', busy);
  root.setAttribute('aria-busy', String(busy));
}

function answerViews(
  { name, view, url, body, answer }: Shown,
  chosen: string | undefined,
): Child[] {
  const json = block(JSON.stringify(answer.value, null, 2), 'the JSON');
  const command = curl({ url: new URL(url, location.href).href, task: '', body });
  return [
    makeTabs(
      'Answer',
      [
        { label: name, panel: make('div', {}, view) },
        { label: 'JSON', panel: json },
        { label: 'curl', panel: block(command, 'the curl command') },
      ],
      chosen,
    ),
    make('p', { class: 'time' }, timeWords(answer)),
  ];
}

/** Text in a frame, with a button that copies it. */
export function block(text: string, what: string): HTMLElement {
  const pre = make('pre', { tabindex: '0' }, make('code', {}, text));
  return make('div', { class: 'block' }, pre, copyButton(pre, what));
}

function timeWords({ seconds, computeType = 'cpu' }: Answer): string {
  if (computeType === 'cache') return 'From the cache.';
  return seconds === undefined ? '' : `${(seconds * 1000).toFixed(0)} ms on ${computeType}.`;
}

function refusal(error: unknown, form: HTMLFormElement): Child[] {
  const words = error instanceof Error ? error.message : String(error);
  const line = make('p', { class: 'refusal', role: 'alert' }, words);
  if (!(error instanceof Refusal) || error.status !== 401) return [line];
  const field = make('input', {
    type: 'password',
    autocomplete: 'off',
    'aria-label': 'Access token',
  });
  const entry = make('form', { class: 'token-entry' }, field, make('button', {}, 'Use this token'));
  entry.addEventListener('submit', (event) => {
    event.preventDefault();
    setToken(field.value);
    form.requestSubmit();
  });
  return [line, entry];
}
