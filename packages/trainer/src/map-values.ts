// A record with each value mapped; keys and their order stay.

export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, map(one, key)]));
}
