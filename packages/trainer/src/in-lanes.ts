// Runs side by side: so many at once and no more, on a share of the threads each. One run on all threads would have
// them wait for one another at every node.

/** Threads of each of `runs` that share `cores`; no setting, which is all threads, for a run that is alone. */
export function threadsBeside(runs: number, cores: number): { readonly threads?: number } {
  return runs > 1 ? { threads: Math.floor(cores / runs) } : {};
}

/**
 * What each of `works` comes to, in their order, at most `lanes` of them under way at once.
 *
 * @throws what the first that fails throws, once all that were begun have ended; none is begun after it is known
 */
export async function inLanes<T>(
  lanes: number,
  works: Iterable<() => Promise<T>> | AsyncIterable<() => Promise<T>>,
): Promise<T[]> {
  const results: Promise<T>[] = [];
  const underWay = new Set<Promise<T>>();
  let failed = false;
  try {
    for await (const work of works) {
      if (underWay.size === lanes) await Promise.race(underWay);
      if (failed) break;
      const result = work();
      results.push(result);
      underWay.add(result);
      result.then(
        () => underWay.delete(result),
        () => {
          failed = true;
        },
      );
    }
  } finally {
    await Promise.allSettled(results);
  }
  return Promise.all(results);
}
