// Counts this process's calls that change the disk, and lets one of them kill the process or fail.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CALLS = ['open', 'rename', 'rm', 'mkdir', 'writeFile', 'link', 'truncate'] as const;
const HANDLE_CALLS = ['sync', 'datasync', 'writeFile', 'appendFile', 'truncate', 'close'] as const;

type AsyncFunction = (...args: unknown[]) => Promise<unknown>;

export interface DiskCalls {
  /** Calls so far. */
  count(): number;
  /** What happens at the `at`-th call from now, in its place; undefined for nothing. */
  arm(at: number | undefined, act?: () => void): void;
}

export async function watchDiskCalls(): Promise<DiskCalls> {
  let count = 0;
  let target: number | undefined;
  let action = (): void => undefined;
  const watched = <A extends unknown[], R>(original: (...args: A) => Promise<R>) =>
    async function (this: unknown, ...args: A): Promise<R> {
      count++;
      if (count === target) action();
      return original.apply(this, args);
    };
  const functions = fs.promises as unknown as Record<string, AsyncFunction>;
  const sample = join(tmpdir(), `disk-calls-${process.pid}`);
  const handle = await fs.promises.open(sample, 'w');
  const prototype = Object.getPrototypeOf(handle) as Record<string, AsyncFunction>;
  await handle.close();
  fs.rmSync(sample);
  for (const name of CALLS) functions[name] = watched(functions[name] as AsyncFunction);
  for (const name of HANDLE_CALLS) prototype[name] = watched(prototype[name] as AsyncFunction);
  syncBuiltinESMExports();
  return {
    count: () => count,
    arm(at, act = () => process.kill(process.pid, 'SIGKILL')) {
      target = at === undefined ? undefined : count + at;
      action = act;
    },
  };
}
