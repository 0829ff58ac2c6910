// Comparison of nested answers: numbers nearly, everything else exactly.

/** Paths at which `found` differs from `expected` by more than `tolerance`. */
export function close(found: unknown, expected: unknown, tolerance = 1e-5, path = ''): string[] {
  if (typeof found === 'number' && typeof expected === 'number') {
    const limit = tolerance * Math.max(1, Math.abs(expected));
    return Math.abs(found - expected) <= limit ? [] : [`${path}: ${found}, not ${expected}`];
  }
  if (isNested(found) && isNested(expected)) {
    const keys = new Set([...Object.keys(found), ...Object.keys(expected)]);
    return [...keys].flatMap((key) =>
      close(found[key], expected[key], tolerance, `${path}.${key}`),
    );
  }
  return found === expected
    ? []
    : [`${path}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
}

const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
