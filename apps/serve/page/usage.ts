// The snippets: tabs, copy buttons, and the reader's own text and address in them.

import { snippets } from '../src/page-snippets.js';
import { copyButton } from './copy-button.js';
import { find, make } from './make.js';
import { makeTabs } from './tabs.js';

/** Turns the three listings into tabs; they follow `text`, where the model's main task has a field to try. */
export function openUsage(root: HTMLElement, text: HTMLTextAreaElement | undefined): void {
  const sections = [...root.querySelectorAll<HTMLElement>('[data-tab]')].map((section) => {
    const label = section.dataset.tab ?? '';
    const pre = find(section, 'pre', HTMLPreElement);
    section.querySelector('h3')?.remove();
    const panel = make('div', { class: 'block' }, pre, copyButton(pre, `the ${label} snippet`));
    return { label, pre, panel };
  });
  find(root, '.tabs', HTMLElement).replaceWith(makeTabs('Language', sections));
  const write = (): void => {
    if (!text || text.value.trim() === '') return;
    const { usage: task = '', url = '' } = root.dataset;
    const texts: Readonly<Record<string, string>> = snippets({
      url: new URL(url, location.href).href,
      task,
      body: { inputs: text.value },
    });
    for (const { label, pre } of sections)
      pre.replaceChildren(make('code', {}, texts[label] ?? ''));
  };
  text?.addEventListener('input', write);
  write();
}
