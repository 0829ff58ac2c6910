// A process whose answers are waited for so long and no longer, and which may have so much memory: parsers of files
// from strangers can be led into work without an end, and cannot be interrupted.
//
// A worker thread would not do. V8 ends the whole process when a thread's memory is at an end or one of its arrays has
// more elements than an array can have, whatever the thread's resourceLimits say.

import { type ChildProcess, type Serializable, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { watchingModule } from './process-watch.js';

export interface BoundedProgram {
  /**
   * Arguments of Node: a module, as `moduleArguments` gives them, or `--eval` and its text. It sends `'ready'` with
   * `process.send`, and from then on one message for each that it gets.
   */
  readonly args: readonly string[];
  /** MiB that its heap may have; the whole process may have twice that and what Node itself takes. */
  readonly memoryMiB: number;
}

/** The process could not be started: nothing is known of what it was to be asked. */
export class ProcessStartError extends Error {
  override readonly name = 'ProcessStartError';
}

/** How long a process may take to load its modules, on the busiest machine. */
const START_LIMIT_MS = 300_000;

/** Work of about 0.1 s a megabyte is given twenty times that, and half a minute. */
export function generousTimeLimitMs(byteLength: number): number {
  return 30_000 + (byteLength / 2 ** 20) * 2_000;
}

/** Arguments of Node for a module beside the caller's: built, or from source, which tsx loads. */
export function moduleArguments(name: string, callerUrl: string): string[] {
  const pathOf = (file: string): string => fileURLToPath(new URL(`./${file}`, callerUrl));
  return callerUrl.endsWith('.ts')
    ? [
        '--conditions=@alectra/source',
        `--import=${import.meta.resolve('tsx')}`,
        pathOf(`${name}.ts`),
      ]
    : [pathOf(`${name}.js`)];
}

/** Answers one request after another. It keeps this process alive only while it has one, and ends with this thread. */
export class BoundedProcess<Request extends Serializable, Answer> {
  readonly #program: BoundedProgram;
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #stops = 0;

  /** @param program started at the first request, and again after a failure or an end */
  constructor(program: BoundedProgram) {
    this.#program = program;
  }

  /**
   * @param request copied as structuredClone does, and so is the answer
   * @throws Error that says what was found instead of an answer: no end in time, or an end of the process;
   *   ProcessStartError
   */
  ask(request: Request, timeLimitMs: number): Promise<Answer> {
    const stops = this.#stops;
    const answer = this.#last.then(() => {
      if (stops !== this.#stops) throw new Error('a stop before its turn');
      return this.#exchange(request, timeLimitMs);
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the process; whoever waits for an answer is told. */
  async stop(): Promise<void> {
    this.#stops++;
    await this.#end();
  }

  async #exchange(request: Request, timeLimitMs: number): Promise<Answer> {
    try {
      const child = this.#child ?? (await this.#newChild());
      hold(child);
      child.send(request, () => undefined); // that it has ended is told by the next line
      const found = await nextMessage<Answer>(child, timeLimitMs);
      letGo(child);
      return found;
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.connected) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    hold(child);
    child.kill('SIGKILL');
    await closed;
  }

  async #newChild(): Promise<ChildProcess> {
    const { args, memoryMiB } = this.#program;
    const own = [`--max-old-space-size=${memoryMiB}`, `--import=${watchingModule(memoryMiB)}`];
    const child = spawn(process.execPath, [...own, ...args], {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    const forget = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', forget).once('close', forget); // the second alone if it cannot be started
    child.stdin?.on('error', () => undefined); // followed by 'close', as is the next
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said = `${said}${text}`.slice(-2000); // V8 prints pages when memory ends
    });
    await nextMessage(child, START_LIMIT_MS).catch((cause: unknown) => {
      if (child.killed) throw cause; // stopped meanwhile
      const found = failure?.message ?? `${messageOf(cause)} before it was ready`;
      throw new ProcessStartError(
        `files: a process could not be started: found ${found}, expected Node with ${args.at(-1)}.\n` +
          (said.trim() || 'Look for what keeps this machine from starting processes.'),
        { cause: failure ?? cause },
      );
    });
    return child;
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function hold(child: ChildProcess): void {
  for (const part of partsOf(child)) part?.ref();
}

function letGo(child: ChildProcess): void {
  for (const part of partsOf(child)) part?.unref();
}

/** All that can keep this process alive. */
const partsOf = (child: ChildProcess) =>
  [child, child.channel, child.stdin as Socket | null, child.stderr as Socket | null] as const; // Node's pipes are sockets

/** @throws Error if the process says nothing in time, or nothing more: 'close' comes after its last message */
function nextMessage<Message>(child: ChildProcess, timeLimitMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      stopListening();
      resolve(message as Message);
    };
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      stopListening();
      reject(new Error(`an end of its process with ${signal ?? `code ${code}`}`));
    };
    const timer = setTimeout(() => {
      stopListening();
      reject(new Error(`work without an end, still after ${timeLimitMs / 1000} s`));
    }, timeLimitMs);
    const stopListening = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('close', onClose);
    };
    child.on('message', onMessage).on('close', onClose);
  });
}
