// The one error of this package that a program can handle: its `code` says what happened.

export type CheckpointErrorCode =
  | 'damaged'
  | 'newer-format'
  | 'other-config'
  | 'run-exists'
  | 'no-checkpoint';

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly code: CheckpointErrorCode;
  /** The checkpoint or run folder. */
  readonly path: string;

  constructor(code: CheckpointErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`trainer: ${message}`, options);
    this.code = code;
    this.path = path;
  }
}
