// The page's script: joins what the server has written to what it does.

import { computeClasses } from './classify.js';
import { openCurves } from './curves.js';
import { openDetector } from './detect.js';
import { computeFillMask } from './fill-mask.js';
import { showStatus } from './status.js';
import { openUsage } from './usage.js';
import { openWidget, type Widget } from './widget.js';

const OPEN: Readonly<Record<string, (root: HTMLElement) => Widget>> = {
  'fill-mask': (root) => openWidget(root, computeFillMask),
  classify: (root) => openWidget(root, computeClasses),
  detect: openDetector,
};

const all = (selector: string): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>(selector),
];

const widgets = all('[data-widget]').flatMap(
  (root) => OPEN[root.dataset.widget ?? '']?.(root) ?? [],
);
for (const root of all('[data-usage]')) {
  const { model, usage } = root.dataset;
  const own = widgets.find(
    (widget) => widget.root.dataset.model === model && widget.url.endsWith(`/${usage}`),
  );
  openUsage(root, own?.text);
}
for (const root of all('[data-run]')) openCurves(root);

// the first field's text stands in the address, so that it can be sent to somebody; servers refuse long addresses
const MAX_ADDRESS_TEXT = 1500;

const [first] = widgets;
if (first) {
  const given = new URLSearchParams(location.search).get('text');
  if (given !== null) {
    first.text.value = given;
    first.text.dispatchEvent(new Event('input'));
  }
  first.form.addEventListener('submit', () => {
    const address = new URL(location.href);
    const { value } = first.text;
    if (encodeURIComponent(value).length > MAX_ADDRESS_TEXT) address.searchParams.delete('text');
    else address.searchParams.set('text', value);
    history.replaceState(null, '', address);
  });
}

const isUntouched = ({ root }: Widget): boolean =>
  root.querySelector('[data-answer]')?.hasChildNodes() === false;

for (const model of new Set(all('[data-status]').map(({ dataset }) => dataset.status ?? '')))
  void showStatus(model).then((state) => {
    // nothing is loaded only because somebody looks, and nobody's question is cut short
    if (state === 'Loaded' && first?.root.dataset.model === model && isUntouched(first))
      first.form.requestSubmit();
  });
