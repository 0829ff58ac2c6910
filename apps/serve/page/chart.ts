// One small chart as SVG: training as a line, held-out figures as dots on a line, the trivial answer dashed. The arrow
// keys and the pointer read values off it.

import { make, makeSvg } from './make.js';
import { linearScale, logScale, numberWords, type Scale } from './scale.js';
import { type Chart, type Point, smoothed, thinned } from './series.js';

export interface ChartOptions {
  readonly width: number;
  /** The last step that the x axis shows. */
  readonly lastStep: number;
  readonly isSmoothed: boolean;
  readonly isLogarithmic: boolean;
}

const HEIGHT = 168;
const MARGIN = { left: 46, right: 10, top: 8, bottom: 24 };
/** Of a mark below the x axis. */
const WIDEST_MARK = 40;
const MIN_POINTS_TO_SMOOTH = 60;

/** A figure with caption, drawing and the line that says the values at the chosen step. */
export function drawChart(chart: Chart, options: ChartOptions): HTMLElement {
  const format = formatOf(chart);
  const plot = frame(chart, options);
  const latest = chart.heldOut.at(-1) ?? chart.train.at(-1);
  const said = make('output', { class: 'said' });
  const drawing = makeSvg(
    'svg',
    {
      viewBox: `0 0 ${options.width} ${HEIGHT}`,
      width: String(options.width),
      height: String(HEIGHT),
      role: 'img',
      tabindex: '0',
      'aria-label': `${chart.title}: ${summary(chart, format)}`,
    },
    ...axes(plot, options, format),
    ...lines(chart, plot, options),
  );
  readOff(drawing, chart, plot, (text) => {
    said.textContent = text;
  });
  return make(
    'figure',
    { class: 'chart', 'data-metric': chart.metric },
    make('figcaption', {}, chart.title, ' ', make('b', {}, latest ? format(latest.value) : '')),
    drawing,
    said,
  );
}

interface Plot {
  readonly x: Scale;
  readonly y: Scale;
  readonly steps: readonly number[];
}

function frame({ train, heldOut, baseline }: Chart, options: ChartOptions): Plot {
  const all = [...train, ...heldOut];
  const values = [...all.map(({ value }) => value), ...(baseline ? [baseline.value] : [])];
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const places = [HEIGHT - MARGIN.bottom, MARGIN.top] as const;
  const room = (high - low) * 0.04;
  const y =
    options.isLogarithmic && low > 0
      ? logScale([low, high === low ? 2 * low : high], places, 4)
      : linearScale([low - room, high + room], places, 4);
  const across = [MARGIN.left, options.width - MARGIN.right] as const;
  return {
    x: linearScale([0, Math.max(1, options.lastStep)], across, Math.max(2, options.width / 90)),
    y,
    steps: [...new Set(all.map(({ step }) => step))].sort((a, b) => a - b),
  };
}

function axes({ x, y }: Plot, { width }: ChartOptions, format: Format): SVGElement[] {
  const rows = y.marks.flatMap((mark) => {
    const at = y.place(mark).toFixed(1);
    return [
      makeSvg('line', {
        class: 'grid',
        x1: String(MARGIN.left),
        x2: String(width - MARGIN.right),
        y1: at,
        y2: at,
      }),
      makeSvg(
        'text',
        { x: String(MARGIN.left - 6), y: at, dy: '0.32em', 'text-anchor': 'end' },
        format(mark),
      ),
    ];
  });
  const columns = x.marks.map((mark) => {
    const at = x.place(mark);
    const isNearEdge = width - at < WIDEST_MARK / 2;
    return makeSvg(
      'text',
      {
        x: (isNearEdge ? width : at).toFixed(1),
        y: String(HEIGHT - 6),
        'text-anchor': isNearEdge ? 'end' : 'middle',
      },
      numberWords(mark),
    );
  });
  return [...rows, ...columns];
}

function lines(
  { train, heldOut, baseline }: Chart,
  { x, y }: Plot,
  { width, isSmoothed }: ChartOptions,
): SVGElement[] {
  const path = (points: readonly Point[], name: string): SVGElement =>
    makeSvg('path', {
      class: name,
      d: thinned(points, 2 * width)
        .map(({ step, value }, index) => {
          const at = `${x.place(step).toFixed(1)} ${y.place(value).toFixed(1)}`;
          return `${index === 0 ? 'M' : 'L'}${at}`;
        })
        .join(''),
    });
  const smooths = isSmoothed && train.length >= MIN_POINTS_TO_SMOOTH;
  const drawn: SVGElement[] = [];
  if (baseline) {
    const at = y.place(baseline.value).toFixed(1);
    drawn.push(
      makeSvg(
        'line',
        {
          class: 'baseline',
          x1: String(MARGIN.left),
          x2: String(width - MARGIN.right),
          y1: at,
          y2: at,
        },
        makeSvg('title', {}, baseline.name),
      ),
    );
  }
  if (train.length > 0) drawn.push(path(train, smooths ? 'train raw' : 'train'));
  if (smooths) drawn.push(path(smoothed(train), 'train'));
  if (heldOut.length > 0) drawn.push(path(heldOut, 'held-out'));
  if (heldOut.length <= 60)
    for (const { step, value } of heldOut)
      drawn.push(
        makeSvg('circle', {
          class: 'held-out',
          cx: x.place(step).toFixed(1),
          cy: y.place(value).toFixed(1),
          r: '2.5',
        }),
      );
  return drawn;
}

/** A rule at the step nearest to the pointer, or moved by the arrow keys. */
function readOff(
  drawing: SVGSVGElement,
  chart: Chart,
  { x, steps }: Plot,
  say: (text: string) => void,
): void {
  const rule = makeSvg('line', {
    class: 'rule',
    y1: String(MARGIN.top),
    y2: String(HEIGHT - MARGIN.bottom),
    visibility: 'hidden',
  });
  drawing.append(rule);
  let chosen = steps.length - 1;
  const choose = (index: number): void => {
    const step = steps[index];
    if (step === undefined) return;
    chosen = index;
    const at = x.place(step).toFixed(1);
    rule.setAttribute('x1', at);
    rule.setAttribute('x2', at);
    rule.setAttribute('visibility', 'visible');
    say(valuesAt(chart, step));
  };
  const leave = (): void => {
    rule.setAttribute('visibility', 'hidden');
    say('');
  };
  drawing.addEventListener('pointermove', (event) => {
    const box = drawing.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * drawing.viewBox.baseVal.width;
    choose(nearest(steps, x.value(place)));
  });
  drawing.addEventListener('pointerleave', leave);
  drawing.addEventListener('blur', leave);
  drawing.addEventListener('focus', () => choose(chosen));
  drawing.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft') choose(Math.max(0, chosen - 1));
    if (key === 'ArrowRight') choose(Math.min(steps.length - 1, chosen + 1));
  });
}

function valuesAt(chart: Chart, step: number): string {
  const format = formatOf(chart);
  const at = (points: readonly Point[], name: string): string[] => {
    const found = points.find((point) => point.step === step);
    return found ? [`${name} ${format(found.value)}`] : [];
  };
  const values = [...at(chart.train, 'training'), ...at(chart.heldOut, 'held out')];
  return `step ${step.toLocaleString('en')}: ${values.join(', ')}`;
}

/** Index of the value nearest to `wanted` in ascending `values`. */
function nearest(values: readonly number[], wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  const [below = 0, above = 0] = [values[low], values[high]];
  return wanted - below <= above - wanted ? low : high;
}

type Format = (value: number) => string;

const formatOf = ({ isShare }: Chart): Format =>
  isShare ? (value) => `${Number((100 * value).toPrecision(3))} %` : numberWords;

function summary({ train, heldOut, baseline }: Chart, format: Format): string {
  const ends = (points: readonly Point[], name: string): string[] => {
    const [first, last] = [points[0], points.at(-1)];
    return first && last ? [`${name} from ${format(first.value)} to ${format(last.value)}`] : [];
  };
  return [
    ...ends(train, 'training'),
    ...ends(heldOut, 'held out'),
    ...(baseline ? [`${baseline.name} ${format(baseline.value)}`] : []),
  ].join(', ');
}
