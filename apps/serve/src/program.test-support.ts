// The whole program as a process of its own, so that its memory and its delays are its own too.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Program {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly port: number;
  /** Scheme, host and port of `--probe-port`. */
  readonly probes: string | undefined;
  /** What it wrote to stderr. */
  errors(): string;
  exitCode(): number | null;
  /** Resident memory in bytes. */
  memory(): number;
  signal(name: NodeJS.Signals): void;
  /** The exit code, when it has ended. */
  ended(): Promise<number | null>;
}

/** Flags for Node with which a program's memory is what it holds. */
export const COLLECT_GARBAGE: readonly string[] = [
  '--expose-gc',
  ...['--import', new URL('./collect-garbage.test-support.mjs', import.meta.url).href],
];

/** Starts `npm run serve -- <flags>` on a free port; ready when this resolves. */
export async function startProgram(
  flags: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<Program> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const node = [...nodeFlags, '--import', 'tsx', '--conditions=@alectra/source', main];
  const child = spawn(process.execPath, [...node, ...flags, '--port', '0', '--threads', '1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  const origin = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
      const [, found] = /(http:\/\/[^/\s]+)/.exec(errors) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', () => reject(new Error(`the server did not start: ${errors}`)));
  });
  return {
    origin,
    port: Number(new URL(origin).port),
    probes: /^probes are answered at (\S+)\/health$/m.exec(errors)?.[1],
    errors: () => errors,
    exitCode: () => child.exitCode,
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]);
    },
    signal: (name) => child.kill(name),
    ended: async () => {
      if (child.exitCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  };
}
