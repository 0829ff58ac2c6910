// The one error of this package that a program can handle: its `code` says what happened.

export type FileErrorCode =
  | 'exists'
  | 'locked'
  | 'lost-lock'
  | 'torn-record'
  | 'bad-checksum'
  | 'incomplete';

/** A file is not what it must be. The message names the path, what was found and what to do. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`files: ${message}`, options);
    this.name = 'FileError';
    this.code = code;
    this.path = path;
  }
}
