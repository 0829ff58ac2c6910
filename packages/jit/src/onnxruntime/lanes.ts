// So many at once and no more: the others wait in the order in which they came.

export type Lanes = <T>(work: () => Promise<T>) => Promise<T>;

export function lanes(count: number): Lanes {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift(); // it takes over the lane
      if (next) next();
      else free++;
    }
  };
}
