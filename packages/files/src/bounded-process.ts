// A process whose answers are waited for so long and no longer: parsers of files from strangers can be led into work
// without an end, and cannot be interrupted.
//
// A worker thread would not do. V8 ends the whole process when a thread's memory is at an end or one of its arrays has
// more elements than an array can have, whatever the thread's resourceLimits say.

import { type ChildProcess, type Serializable, spawn } from 'node:child_process';

export interface BoundedProgram {
  /**
   * Arguments of Node: a module, or `--eval` and its text. It sends `'ready'` with `process.send`, and from then on one
   * message for each that it gets.
   */
  readonly args: readonly string[];
  /** MiB that its heap may have. */
  readonly maxOldSpaceSize: number;
}

/** How long a process may take to load its modules, on the busiest machine. */
const START_LIMIT_MS = 300_000;

/** Work of about 0.1 s a megabyte is given twenty times that, and half a minute. */
export function generousTimeLimitMs(byteLength: number): number {
  return 30_000 + (byteLength / 2 ** 20) * 2_000;
}

/** Answers one request after another. It keeps this process alive only while it has one. */
export class BoundedProcess<Request extends Serializable, Answer> {
  readonly #program: BoundedProgram;
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param program started at the first request, and again after a failure or an end */
  constructor(program: BoundedProgram) {
    this.#program = program;
  }

  /**
   * @param request copied as structuredClone does, and so is the answer
   * @throws Error that says what was found instead of an answer: no end in time, or an end of the process
   */
  ask(request: Request, timeLimitMs: number): Promise<Answer> {
    const answer = this.#last.then(() => this.#exchange(request, timeLimitMs));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the process; whoever waits for an answer is told. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.connected) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }

  async #exchange(request: Request, timeLimitMs: number): Promise<Answer> {
    try {
      const child = this.#child ?? (await this.#newChild());
      keepAlive(child);
      child.send(request, () => undefined); // that it has ended is told by the next line
      const found = await nextMessage<Answer>(child, timeLimitMs);
      letGo(child);
      return found;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #newChild(): Promise<ChildProcess> {
    const { args, maxOldSpaceSize } = this.#program;
    const child = spawn(process.execPath, [`--max-old-space-size=${maxOldSpaceSize}`, ...args], {
      // V8 prints pages about memory that came to an end, which is expected here
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    const forget = (): void => {
      process.off('exit', kill);
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', forget).once('close', forget); // the second alone if it cannot be started
    child.on('error', () => undefined); // followed by 'close'
    await nextMessage(child, START_LIMIT_MS);
    return child;
  }
}

function keepAlive(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

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
