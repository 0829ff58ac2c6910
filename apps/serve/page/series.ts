// The lines of a metrics.jsonl as the series that the page draws. Plain data in and out.

export type MetricsLine = Readonly<Record<string, unknown>>;

export interface Point {
  readonly step: number;
  readonly value: number;
}

export interface Chart {
  readonly metric: string;
  readonly title: string;
  /** Whether values are shares, shown in percent. */
  readonly isShare: boolean;
  readonly train: readonly Point[];
  readonly heldOut: readonly Point[];
  /** What a trivial answer reaches, and what it is called. */
  readonly baseline?: { readonly value: number; readonly name: string };
}

interface Known {
  readonly title: string;
  readonly isShare?: true;
  /** A field of the same lines, or a number. */
  readonly baseline?: { readonly of: string | number; readonly name: string };
}

/** The metrics worth a curve, in the order of the page; others follow in the order of the file. */
const KNOWN: Readonly<Record<string, Known>> = {
  generatorLoss: {
    title: 'Generator loss, nats',
    baseline: { of: 'unigramLoss', name: 'token frequencies' },
  },
  auc: { title: 'Discriminator AUC', baseline: { of: 0.5, name: 'coin' } },
  generatorAccuracy: {
    title: 'Generator accuracy',
    isShare: true,
    baseline: { of: 'unigramAccuracy', name: 'most frequent token' },
  },
  discriminatorLoss: {
    title: 'Discriminator loss, nats',
    baseline: { of: 'constantLoss', name: 'constant answer' },
  },
  loss: { title: 'Loss' },
  score: { title: 'Score' },
  accuracy: { title: 'Accuracy', isShare: true },
  learningRate: { title: 'Learning rate' },
  gradientNorm: { title: 'Gradient norm' },
  tokensPerSecond: { title: 'Tokens a second' },
};

/** Positions, clocks, and figures that are baselines of others. */
const NO_CURVE = new Set([
  'step',
  'tokens',
  'seconds',
  'time',
  ...Object.values(KNOWN).map(({ baseline }) => String(baseline?.of)),
]);

/** One chart for each number that the lines hold, the known ones first. */
export function chartsOf(lines: readonly MetricsLine[]): Chart[] {
  const present = new Set(
    lines.flatMap((line) => Object.keys(line).filter((key) => typeof line[key] === 'number')),
  );
  const known = Object.keys(KNOWN).filter((metric) => present.has(metric));
  const others = [...present].filter((metric) => !(metric in KNOWN) && !NO_CURVE.has(metric));
  return [...known, ...others].map((metric) => {
    const { title = words(metric), isShare = false, baseline } = KNOWN[metric] ?? {};
    const value = typeof baseline?.of === 'string' ? lastNumber(lines, baseline.of) : baseline?.of;
    return {
      metric,
      title,
      isShare,
      train: points(lines, 'train', metric),
      heldOut: points(lines, 'evaluate', metric),
      ...(baseline && value !== undefined && { baseline: { value, name: baseline.name } }),
    };
  });
}

function points(lines: readonly MetricsLine[], kind: string, metric: string): Point[] {
  return lines.flatMap((line) => {
    const { step } = line;
    const value = line[metric];
    return line.kind === kind && typeof step === 'number' && typeof value === 'number'
      ? [{ step, value }]
      : [];
  });
}

function lastNumber(lines: readonly MetricsLine[], field: string): number | undefined {
  const value = lines.findLast((line) => typeof line[field] === 'number')?.[field];
  return typeof value === 'number' ? value : undefined;
}

/** `sampledAccuracy` to `Sampled accuracy`. */
function words(metric: string): string {
  const spaced = metric
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** What a smoothed curve averages over, so that it does not lag behind what it shows. */
const SHARE_SMOOTHED = 1 / 40;

/**
 * Exponential moving average; the first point counts as its own past, so that nothing starts at zero.
 *
 * @param weight of the past; default so that the centre of mass is that of a fortieth of the points
 */
export function smoothed(points: readonly Point[], weight = pastWeight(points.length)): Point[] {
  let mean: number | undefined;
  return points.map(({ step, value }) => {
    mean = mean === undefined ? value : weight * mean + (1 - weight) * value;
    return { step, value: mean };
  });
}

const pastWeight = (points: number): number => 1 - 2 / (1 + Math.max(1, SHARE_SMOOTHED * points));

/** At most about `most` points: of each stretch its lowest and its highest, so that no spike is lost. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const stretch = Math.ceil((2 * points.length) / most);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    const low = part.reduce((a, b) => (b.value < a.value ? b : a));
    const high = part.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...(low === high ? [low] : low.step < high.step ? [low, high] : [high, low]));
  }
  return kept;
}
