// Where two run configurations differ, as dotted keys: a resumed run must be the run that was begun.

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export interface ConfigDifference {
  /** Dotted path, e.g. `optimizer.weightDecay`. */
  readonly key: string;
  /** undefined where the key is missing. */
  readonly before: Json | undefined;
  readonly now: Json | undefined;
}

/** All leaves in which `now` differs from `before`, sorted by key. */
export function configDifferences(before: Json, now: Json): ConfigDifference[] {
  const old = leaves(before);
  const fresh = leaves(now);
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .sort()
    .filter((key) => JSON.stringify(old.get(key)) !== JSON.stringify(fresh.get(key)))
    .map((key) => ({ key, before: old.get(key), now: fresh.get(key) }));
}

/**
 * The differences that are not allowed.
 *
 * @param allowed dotted keys; one allows all below it, `*` allows everything
 */
export function refusedChanges(
  before: Json,
  now: Json,
  allowed: readonly string[],
): ConfigDifference[] {
  if (allowed.includes('*')) return [];
  return configDifferences(before, now).filter(
    ({ key }) => !allowed.some((name) => key === name || key.startsWith(`${name}.`)),
  );
}

/** One line a difference: `steps: 500 before, 600 now`. */
export function formatDifferences(differences: readonly ConfigDifference[]): string {
  const show = (value: Json | undefined): string =>
    value === undefined ? 'missing' : JSON.stringify(value);
  return differences
    .map(({ key, before, now }) => `  ${key}: ${show(before)} before, ${show(now)} now`)
    .join('\n');
}

function leaves(value: Json, path = '', found = new Map<string, Json>()): Map<string, Json> {
  if (isRecord(value) && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value))
      leaves(child, path ? `${path}.${key}` : key, found);
  } else found.set(path, value);
  return found;
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
