// The line under a model's name: loaded, loadable, too big or failed, as the server's /status says.

import { isRecord } from './ask.js';
import { find } from './make.js';

const WORDS: Readonly<Record<string, string>> = {
  Loaded: 'loaded',
  Loadable: 'loads with the first request',
  TooBig: 'too big for this server',
  error: 'failed to load',
};

export type ModelState = 'Loaded' | 'Loadable' | 'TooBig' | 'error';

/** Writes the line in every place that shows `model`; returns the state. */
export async function showStatus(model: string): Promise<ModelState | undefined> {
  const response = await fetch(`/status/${model}`).catch(() => undefined);
  const value: unknown = await response?.json().catch(() => undefined);
  if (!isRecord(value) || typeof value.state !== 'string') return undefined;
  const { state } = value;
  for (const line of document.querySelectorAll<HTMLElement>(
    `[data-status="${CSS.escape(model)}"]`,
  )) {
    const words = find(line, '.words', HTMLElement);
    line.dataset.facts ??= words.textContent ?? '';
    const reason = typeof value.error === 'string' ? `: ${value.error}` : '';
    words.textContent = `${WORDS[state] ?? state}${reason} · ${line.dataset.facts}`;
    line.dataset.state = state;
  }
  return state in WORDS ? (state as ModelState) : undefined;
}
