// A log of lines that survives kills: metrics.jsonl.
//
// A kill in the middle of a write leaves a torn last line; a full disk leaves part of one. Opening cuts the
// torn tail off, and a failed append is taken back, so that the file always holds whole lines.

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-file.js';
import { FileError } from './file-error.js';

const NEWLINE = 10;
const BLOCK = 65_536;

export interface LineLogOptions {
  /**
   * Cut the file to this many bytes first: the {@link LineLog.byteLength} at the time of the checkpoint
   * from which a run continues.
   */
  readonly truncateTo?: number;
}

/** An open log. Appends are ordered; call `close()` at the end. */
export interface LineLog {
  readonly path: string;
  /** Bytes of whole lines in the file. */
  readonly byteLength: number;
  /** Adds one line; `line` must not contain a newline. A rejected append leaves no partial line. */
  append(line: string): Promise<void>;
  /** Flushes to the disk. */
  sync(): Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
}

/**
 * Opens (or makes) the log at `path` and cuts off a torn last line.
 *
 * @throws FileError `incomplete` if the file is shorter than `truncateTo`, or `truncateTo` is inside a line
 */
export async function openLineLog(
  path: string,
  { truncateTo }: LineLogOptions = {},
): Promise<LineLog> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a+');
  try {
    const whole = await wholeLines(handle);
    if (truncateTo !== undefined) await checkCut(handle, path, whole, truncateTo);
    const byteLength = truncateTo ?? whole;
    await handle.truncate(byteLength);
    await handle.sync();
    await syncFolder(dirname(path));
    return new OpenLineLog(path, handle, byteLength);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenLineLog implements LineLog {
  readonly path: string;
  readonly #handle: FileHandle;
  #byteLength: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, handle: FileHandle, byteLength: number) {
    this.path = path;
    this.#handle = handle;
    this.#byteLength = byteLength;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  append(line: string): Promise<void> {
    if (line.includes('\n')) {
      const text = JSON.stringify(line.slice(0, 80));
      return Promise.reject(new RangeError(`files: a log line holds a newline: ${text}`));
    }
    return this.#inOrder(async () => {
      const bytes = Buffer.from(`${line}\n`);
      try {
        await this.#handle.appendFile(bytes);
      } catch (error) {
        await this.#handle.truncate(this.#byteLength).catch(() => undefined);
        throw error;
      }
      this.#byteLength += bytes.length;
    });
  }

  sync(): Promise<void> {
    return this.#inOrder(() => this.#handle.datasync());
  }

  close(): Promise<void> {
    return this.#inOrder(async () => {
      try {
        await this.#handle.datasync();
      } finally {
        await this.#handle.close();
      }
    });
  }

  #inOrder(action: () => Promise<void>): Promise<void> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

// Length up to and including the last newline, found from the end.
async function wholeLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0; end -= Math.min(BLOCK, end)) {
    const begin = Math.max(0, end - BLOCK);
    const { bytesRead } = await handle.read(block, 0, end - begin, begin);
    const newline = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline >= 0) return begin + newline + 1;
  }
  return 0;
}

async function checkCut(
  handle: FileHandle,
  path: string,
  whole: number,
  truncateTo: number,
): Promise<void> {
  const last = Buffer.alloc(1);
  if (truncateTo > 0) await handle.read(last, 0, 1, truncateTo - 1);
  if (truncateTo > whole || (truncateTo > 0 && last[0] !== NEWLINE)) {
    throw new FileError(
      'incomplete',
      path,
      `cannot continue ${path} at byte ${truncateTo}: the file holds ${whole} bytes of whole lines` +
        `${truncateTo > whole ? '' : ', and that byte is inside a line'}.\n` +
        'It was changed since the checkpoint was written; move it away to start a new log.',
    );
  }
}
