// Curves of several runs as one SVG: plain lines, axes with round numbers, a legend. No library, no script.

export interface Curve {
  readonly name: string;
  /** For what was not measured here. */
  readonly isDashed?: boolean;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CurvePlot {
  readonly title: string;
  readonly xLabel: string;
  /** `log` leaves out points at 0 and below; default `linear`. */
  readonly xScale?: 'linear' | 'log';
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT] = [760, 380];
const MARGIN = { left: 64, right: 16, top: 36, bottom: 44 };
// colours of Okabe and Ito, told apart by colour-blind readers
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** One plot. Points that are not finite break their line. */
export function drawCurves({ title, xLabel, xScale = 'linear', curves }: CurvePlot): string {
  const isDrawn = (point: Point): boolean =>
    isFinitePoint(point) && (xScale === 'linear' || point.x > 0);
  const points = curves.flatMap((curve) => curve.points.filter(isDrawn));
  const x = (xScale === 'log' ? logAxis : axis)(
    points.map((point) => point.x),
    [MARGIN.left, WIDTH - MARGIN.right],
  );
  const y = axis(
    points.map((point) => point.y),
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  );
  const lines = curves.map((curve, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const dashes = curve.isDashed ? ' stroke-dasharray="6 4"' : '';
    const shape = path(curve.points, isDrawn, (point) => [x.place(point.x), y.place(point.y)]);
    return `<path d="${shape}" fill="none" stroke="${colour}" stroke-width="1.6"${dashes}/>`;
  });
  const legend = curves.map((curve, index) => {
    const top = MARGIN.top + 14 + 16 * index;
    const colour = COLOURS[index % COLOURS.length];
    return text(WIDTH - MARGIN.right - 8, top, curve.name, `text-anchor="end" fill="${colour}"`);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(MARGIN.left, 20, title, 'font-size="14" font-weight="bold"'),
    ...x.ticks.map((tick) => {
      const at = x.place(tick).toFixed(1);
      const label = text(at, HEIGHT - MARGIN.bottom + 18, number(tick), 'text-anchor="middle"');
      return `<line x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#dddddd"/>${label}`;
    }),
    ...y.ticks.map((tick) => {
      const at = y.place(tick).toFixed(1);
      const label = text(MARGIN.left - 8, at, number(tick), 'text-anchor="end" dy="4"');
      return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#dddddd"/>${label}`;
    }),
    text(WIDTH / 2, HEIGHT - 8, xLabel, 'text-anchor="middle"'),
    ...lines,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

function axis(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low > high) return { ticks: [], place: () => from };
  const span = high - low || Math.abs(high) || 1;
  const step = roundStep(span / 6);
  const first = Math.floor(low / step);
  const last = Math.ceil((low + span) / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [start, end] = [first * step, last * step];
  return { ticks, place: (value) => from + ((value - start) / (end - start)) * (to - from) };
}

/** Whole powers of ten, from the one below the least value to the one above the greatest. */
function logAxis(values: readonly number[], range: readonly [number, number]): Axis {
  const { ticks, place } = axis(
    values.flatMap((value) => [Math.floor(Math.log10(value)), Math.ceil(Math.log10(value))]),
    range,
  );
  return {
    ticks: ticks.filter(Number.isInteger).map((power) => 10 ** power),
    place: (value) => place(Math.log10(value)),
  };
}

/** 1, 2 or 5 times a power of ten, at least `value`. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= value * 0.999) ?? power;
}

function path(
  points: readonly Point[],
  isDrawn: (point: Point) => boolean,
  place: (point: Point) => readonly [number, number],
): string {
  let pen = 'M';
  const parts: string[] = [];
  for (const point of points) {
    if (!isDrawn(point)) {
      pen = 'M';
      continue;
    }
    const [x, y] = place(point);
    parts.push(`${pen}${x.toFixed(1)} ${y.toFixed(1)}`);
    pen = 'L';
  }
  return parts.join('');
}

const isFinitePoint = ({ x, y }: Point): boolean => Number.isFinite(x) && Number.isFinite(y);

function number(value: number): string {
  if (Math.abs(value) >= 1e9) return `${Number((value / 1e9).toPrecision(6))}G`;
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(6))}M`;
  if (Math.abs(value) >= 1e4) return `${Number((value / 1e3).toPrecision(6))}k`;
  return String(Number(value.toPrecision(6)));
}

function text(x: number | string, y: number | string, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

const escaped = (content: string): string =>
  content.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
