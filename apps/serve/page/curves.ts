// A run's curves: asks what metrics.jsonl has gained, often while the run trains and rarely after, and draws.

import { isRecord } from './ask.js';
import { drawChart } from './chart.js';
import { find, make } from './make.js';
import { numberWords } from './scale.js';
import { type Chart, chartsOf, type MetricsLine } from './series.js';

const LIVE_MS = 2000;
const STILL_MS = 15_000;
/** Charts seen at once; the others unfold. */
const SHOWN = 4;

interface News {
  readonly lines: readonly MetricsLine[];
  readonly isWhole: boolean;
  readonly cursor: string;
  readonly totalSteps?: number;
  readonly isLive: boolean;
  /** The file goes on: ask again at once. */
  readonly hasMore: boolean;
}

/** Fills the section and keeps it up to date for as long as the page is open. */
export function openCurves(root: HTMLElement): void {
  const url = `/runs/${encodeURIComponent(root.dataset.run ?? '')}/metrics`;
  const progress = find(root, '.progress', HTMLElement);
  const live = find(root, '.live', HTMLElement);
  const view = makeView(root);
  let lines: MetricsLine[] = [];
  let cursor = '';

  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    clearTimeout(timer);
    let wait = STILL_MS;
    const news = document.hidden ? undefined : await fetchNews(`${url}?after=${cursor}`);
    if (news) {
      const isNew = news.lines.length > 0 || (news.isWhole && lines.length > 0);
      lines = news.isWhole ? [...news.lines] : [...lines, ...news.lines];
      cursor = news.cursor;
      live.hidden = !news.isLive;
      progress.replaceChildren(...progressWords(lines, news));
      if (isNew) view.show(lines, news.totalSteps);
      wait = news.hasMore ? 0 : news.isLive ? LIVE_MS : STILL_MS;
    }
    isLooking = false;
    timer = setTimeout(look, wait);
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void look();
  });
  void look();
}

async function fetchNews(url: string): Promise<News | undefined> {
  const response = await fetch(url).catch(() => undefined);
  const value: unknown = response?.ok ? await response.json().catch(() => undefined) : undefined;
  return newsOf(value);
}

/** The answer of `readRun` in page-runs.ts; undefined for anything else. */
function newsOf(value: unknown): News | undefined {
  if (!isRecord(value) || !Array.isArray(value.lines)) return undefined;
  const { lines, isWhole, cursor, totalSteps, isLive, hasMore } = value;
  return lines.every(isRecord) &&
    typeof isWhole === 'boolean' &&
    typeof cursor === 'string' &&
    typeof isLive === 'boolean' &&
    typeof hasMore === 'boolean'
    ? {
        lines,
        isWhole,
        cursor,
        isLive,
        hasMore,
        ...(typeof totalSteps === 'number' && { totalSteps }),
      }
    : undefined;
}

function progressWords(
  lines: readonly MetricsLine[],
  { totalSteps, isLive }: News,
): (Node | string)[] {
  const last = lines.at(-1);
  if (!last) return ['No step is logged yet.'];
  const step = Number(last.step);
  const speed = lines.findLast((line) => typeof line.tokensPerSecond === 'number')?.tokensPerSecond;
  const words = [
    totalSteps === undefined
      ? `Step ${step.toLocaleString('en')}`
      : `Step ${step.toLocaleString('en')} of ${totalSteps.toLocaleString('en')}`,
    ...(typeof speed === 'number' ? [`${numberWords(speed)} tokens/s`] : []),
    ...(isLive ? [] : [totalSteps !== undefined && step >= totalSteps ? 'done' : 'not running']),
  ];
  const text = `${words.join(' · ')} `;
  if (totalSteps === undefined) return [text];
  const bar = make('progress', {
    max: String(totalSteps),
    value: String(step),
    'aria-label': 'Steps done',
  });
  return [text, bar];
}

interface View {
  show(lines: readonly MetricsLine[], totalSteps: number | undefined): void;
}

function makeView(root: HTMLElement): View {
  const smooth = make('input', { type: 'checkbox', checked: '' });
  const log = make('input', { type: 'checkbox' });
  const first = make('div', { class: 'charts' });
  const more = make('div', { class: 'charts' });
  const moreCurves = make('details', {}, make('summary', {}, 'More curves'), more);
  const table = make('div', {
    class: 'scroll',
    tabindex: '0',
    role: 'region',
    'aria-label': 'Held-out figures',
  });
  const figures = make('details', {}, make('summary', {}, 'Held-out figures as a table'), table);
  root.append(
    make(
      'p',
      { class: 'key' },
      make('span', { class: 'key-train' }, 'training'),
      make('span', { class: 'key-held-out' }, 'held out'),
      make('span', { class: 'key-baseline' }, 'trivial answer'),
      make('label', {}, smooth, ' smooth'),
      make('label', {}, log, ' logarithmic'),
    ),
    first,
    moreCurves,
    figures,
  );

  let charts: readonly Chart[] = [];
  let lastStep = 1;
  let drawnAt = 0;
  const draw = (): void => {
    drawnAt = first.clientWidth;
    const [column = ''] = getComputedStyle(first).gridTemplateColumns.split(' ');
    const options = {
      width: Math.max(220, Math.floor(Number.parseFloat(column) || 0)),
      lastStep,
      isSmoothed: smooth.checked,
      isLogarithmic: log.checked,
    };
    const focused = root.querySelector('svg:focus')?.closest('figure')?.dataset.metric;
    first.replaceChildren(...charts.slice(0, SHOWN).map((chart) => drawChart(chart, options)));
    more.replaceChildren(
      ...(moreCurves.open ? charts.slice(SHOWN).map((chart) => drawChart(chart, options)) : []),
    );
    moreCurves.hidden = charts.length <= SHOWN;
    if (focused !== undefined)
      root.querySelector<SVGElement>(`[data-metric="${CSS.escape(focused)}"] svg`)?.focus();
  };
  smooth.addEventListener('change', draw);
  log.addEventListener('change', draw);
  moreCurves.addEventListener('toggle', draw);
  new ResizeObserver(() => {
    if (first.clientWidth !== drawnAt) draw();
  }).observe(first);
  return {
    show(lines, totalSteps) {
      charts = chartsOf(lines);
      lastStep = Math.max(totalSteps ?? 0, Number(lines.at(-1)?.step ?? 0));
      draw();
      const rows = heldOutTable(charts);
      figures.hidden = rows === undefined;
      table.replaceChildren(...(rows ? [rows] : []));
    },
  };
}

/** Every evaluation, a row each, for those who cannot see the curves; undefined if there is none. */
function heldOutTable(charts: readonly Chart[]): HTMLElement | undefined {
  const columns = charts.filter(({ heldOut }) => heldOut.length > 0);
  const steps = [...new Set(columns.flatMap(({ heldOut }) => heldOut.map(({ step }) => step)))];
  if (steps.length === 0) return undefined;
  const cell = ({ heldOut, isShare }: Chart, step: number): string => {
    const value = heldOut.find((point) => point.step === step)?.value;
    if (value === undefined) return '–';
    return isShare ? `${(100 * value).toFixed(1)} %` : numberWords(value);
  };
  const head = ['Step', ...columns.map(({ title }) => title)];
  return make(
    'table',
    { class: 'figures' },
    make('thead', {}, make('tr', {}, ...head.map((name) => make('th', { scope: 'col' }, name)))),
    make(
      'tbody',
      {},
      ...steps.map((step) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, step.toLocaleString('en')),
          ...columns.map((chart) => make('td', {}, cell(chart, step))),
        ),
      ),
    ),
  );
}
