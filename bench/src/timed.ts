/** Seconds. */
export interface Timed {
  readonly wall: number;
  /** Of the process, all its threads together. */
  readonly cpu: number;
}

export async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}
