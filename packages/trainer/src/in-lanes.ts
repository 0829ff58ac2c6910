// Runs side by side: so many at once and no more, on a share of the threads each. One run on all threads would have
// them wait for one another at every node.

/** Threads of each of `runs` that share `cores`; no setting, which is all threads, for a run that is alone. */
export function threadsBeside(runs: number, cores: number): { readonly threads?: number } {
  return runs > 1 ? { threads: Math.floor(cores / runs) } : {};
}

/**
 * What each of `works` comes to, in their order, at most `lanes` of them under way at once.
 *
 * @throws what the first that fails throws, in time, once all that were begun have ended; none is begun after it is known
 */
export async function inLanes<T>(
  lanes: number,
  works: Iterable<() => Promise<T>> | AsyncIterable<() => Promise<T>>,
): Promise<T[]> {
  const results: Promise<T>[] = [];
  const underWay = new Set<Promise<T>>();
  const failures: unknown[] = [];
  try {
    for await (const work of works) {
      if (underWay.size === lanes) await Promise.race(underWay).catch(() => undefined);
      if (failures.length > 0) break;
      const result = work();
      results.push(result);
      underWay.add(result);
      result.then(
        () => underWay.delete(result),
        (error: unknown) => failures.push(error),
      );
    }
  } finally {
    await Promise.allSettled(results);
  }
  if (failures.length > 0) throw failures[0];
  return Promise.all(results);
}
