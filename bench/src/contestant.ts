// A contestant is a child process that waits for {"steps": n} on its standard input, runs n steps and
// answers {"seconds": [...]}. Only one works at a time, and all of them live through the whole run, so
// that slow minutes of the machine hit everybody alike.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Contestant {
  readonly name: string;
  /** What the process said of itself when it was ready: versions, losses, best matrix product. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Seconds of each of `count` steps. */
  steps(count: number): Promise<number[]>;
  /** Largest resident memory so far, in MiB. */
  peakMemoryMiB(): Promise<number>;
  /** The answer to any other question that the process knows. */
  ask(question: object): Promise<Record<string, unknown>>;
  stop(): void;
}

/** Starts a contestant and waits until it says that it is ready; the error names what it wrote. */
export async function startContestant(
  name: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Contestant> {
  const child = spawn(command[0], command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  child.stdin.on('error', () => {}); // a process that has died is reported with what it wrote
  const answers = answersOf(
    child,
    () => `bench: ${name} stopped.\n${errors.join('').slice(-2000)}`,
  );
  const about = await answers();
  const ask = async (question: object): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answers();
  };
  return {
    name,
    about,
    ask,
    steps: async (count) => (await ask({ steps: count })).seconds as number[],
    peakMemoryMiB: async () => (await ask({ memory: true })).peakMiB as number,
    stop: () => child.kill(),
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function answersOf(child: Child, failure: () => string): () => Promise<Record<string, unknown>> {
  const lines: Record<string, unknown>[] = [];
  const waiting: { resolve(line: Record<string, unknown>): void; reject(error: Error): void }[] =
    [];
  let ended = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return; // libraries print notices
    const answer = JSON.parse(line) as Record<string, unknown>;
    const next = waiting.shift();
    if (next) next.resolve(answer);
    else lines.push(answer);
  });
  child.on('error', (error) => {
    ended = true;
    for (const next of waiting.splice(0)) next.reject(error);
  });
  child.on('close', () => {
    ended = true;
    for (const next of waiting.splice(0)) next.reject(new Error(failure()));
  });
  return () =>
    new Promise((resolve, reject) => {
      const line = lines.shift();
      if (line) resolve(line);
      else if (ended) reject(new Error(failure()));
      else waiting.push({ resolve, reject });
    });
}
