// The one named error of this package: something on disk is not what it should be.

export type ShardErrorCode =
  | 'damaged' // bytes differ from what was written
  | 'missing' // a file of the folder is not there
  | 'foreign' // a file or folder that is not ours
  | 'mismatch' // built for another vocabulary, other options or another input
  | 'refused' // an archive that asks for too much, or for something it must not
  | 'format'; // an input that is not in the form it claims

export interface ShardFault {
  readonly code: ShardErrorCode;
  readonly file: string;
  /** Record batch in the file, from 0; -1 is the stream's header. */
  readonly batch?: number;
  /** Byte offset of the damaged part. */
  readonly offset?: number;
  readonly expected?: string;
  readonly found?: string;
}

export class ShardError extends Error {
  readonly code: ShardErrorCode;
  readonly fault: ShardFault;

  constructor(message: string, fault: ShardFault, cause?: unknown) {
    super(`owt-loader: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'ShardError';
    this.code = fault.code;
    this.fault = fault;
  }
}

/** An error on its way from one thread to another. */
export interface Failure {
  readonly message: string;
  readonly fault?: ShardFault;
}

export function failureOf(error: unknown): Failure {
  return {
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof ShardError && { fault: error.fault }),
  };
}

export function revive({ message, fault }: Failure): Error {
  return fault ? new ShardError(message.replace(/^owt-loader: /, ''), fault) : new Error(message);
}

/** The message for bytes that are not what the manifest says: file, part, offset, expected and found. */
export function damaged(fault: Omit<ShardFault, 'code'>): ShardError {
  const part =
    fault.batch === undefined ? '' : fault.batch < 0 ? ', header' : `, batch ${fault.batch}`;
  const at = fault.offset === undefined ? '' : ` at byte ${fault.offset}`;
  return new ShardError(
    `${fault.file}${part}${at} is damaged: found ${fault.found}, expected ${fault.expected}.\n` +
      'Copy the file again, build the folder again, or read with the policy "skip" or "quarantine".',
    { code: 'damaged', ...fault },
  );
}
