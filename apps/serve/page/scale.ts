// From values to places on an axis, linear or logarithmic, with marks at round numbers.

export interface Scale {
  readonly marks: readonly number[];
  place(value: number): number;
  /** The value at a place. */
  value(place: number): number;
}

/** `low` to `high` over the places `from` to `to`. A range without extent is widened. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  count: number,
): Scale {
  const span = high - low || Math.abs(high) || 1;
  const [start, end] = high > low ? [low, high] : [low - span / 2, high + span / 2];
  const step = roundStep((end - start) / count);
  const marks: number[] = [];
  for (let at = Math.ceil(start / step - 1e-9); at * step <= end + step * 1e-9; at++)
    marks.push(at * step + 0);
  return {
    marks,
    place: (value) => from + ((value - start) / (end - start)) * (to - from),
    value: (place) => start + ((place - from) / (to - from)) * (end - start),
  };
}

/** As above for positive values; marks at 1, 2 and 5 times powers of ten, or at the powers where these are many. */
export function logScale(
  [low, high]: readonly [number, number],
  places: readonly [number, number],
  count: number,
): Scale {
  const linear = linearScale([Math.log10(low), Math.log10(high)], places, count);
  const first = Math.floor(Math.log10(low));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 1 },
    (_, index) => 10 ** (first + index),
  );
  const inside = (mark: number): boolean => mark >= low * 0.999 && mark <= high * 1.001;
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(inside);
  const coarse = powers.filter(inside);
  return {
    marks: fine.length <= 2 * count || coarse.length < 2 ? fine : coarse,
    place: (value) => linear.place(Math.log10(value)),
    value: (place) => 10 ** linear.value(place),
  };
}

/** 1, 2 or 5 times a power of ten, at least `value`. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= value * 0.999) ?? power;
}

/** Short: 12k, 3.1M, 0.0015, 2e-5. */
export function numberWords(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (size !== 0 && size < 1e-3) return value.toExponential().replace(/(\.\d\d)\d+/, '$1');
  return String(Number(value.toPrecision(4)));
}
