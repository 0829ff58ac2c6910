// A button that puts the text of a block on the clipboard, or selects it where the browser forbids that.

import { make } from './make.js';

const SHOWN_MS = 1500;

export function copyButton(block: HTMLElement, what: string): HTMLButtonElement {
  const button = make(
    'button',
    { type: 'button', class: 'copy', 'aria-label': `Copy ${what}` },
    'Copy',
  );
  button.addEventListener('click', async () => {
    button.textContent = (await copied(block)) ? 'Copied' : 'Selected';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, SHOWN_MS);
  });
  return button;
}

/** A page that is not on localhost and not on https has no clipboard. */
async function copied(block: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(block.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(block);
    return false;
  }
}
