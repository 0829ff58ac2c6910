// Sections of which one is seen, after https://www.w3.org/WAI/ARIA/apg/patterns/tabs: arrows move and choose, the row of
// tabs is one stop of the Tab key.

import { make } from './make.js';

export interface TabSection {
  readonly label: string;
  readonly panel: HTMLElement;
}

let count = 0;

/** Puts a row of tabs before the panels; the one labelled `chosen`, else the first, is seen. */
export function makeTabs(
  name: string,
  sections: readonly TabSection[],
  chosen?: string,
): HTMLElement {
  count += 1;
  const list = make('div', { role: 'tablist', 'aria-label': name });
  const tabs = sections.map(({ label, panel }, index) => {
    const [tabId, panelId] = [`tab-${count}-${index}`, `panel-${count}-${index}`];
    panel.id = panelId;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tabId);
    return make(
      'button',
      { type: 'button', role: 'tab', id: tabId, 'aria-controls': panelId },
      label,
    );
  });
  const choose = (at: number): void => {
    for (const [index, tab] of tabs.entries()) {
      tab.setAttribute('aria-selected', String(index === at));
      tab.tabIndex = index === at ? 0 : -1;
    }
    for (const [index, { panel }] of sections.entries()) panel.hidden = index !== at;
  };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(index));
    tab.addEventListener('keydown', (event) => {
      const at = neighbour(event.key, index, tabs.length);
      if (at === undefined) return;
      event.preventDefault();
      choose(at);
      tabs[at]?.focus();
    });
  }
  list.append(...tabs);
  choose(
    Math.max(
      0,
      sections.findIndex(({ label }) => label === chosen),
    ),
  );
  return make('div', { class: 'tabs' }, list, ...sections.map(({ panel }) => panel));
}

/** Where an arrow, Home or End leads in a row of `length` that is closed to a ring. */
export function neighbour(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % length;
    case 'ArrowLeft':
      return (at + length - 1) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return undefined;
  }
}
