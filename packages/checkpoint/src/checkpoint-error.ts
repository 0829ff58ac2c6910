// The one error of this package that a program can handle: its `code` says what is wrong with the file.

export type CheckpointErrorCode =
  // safetensors
  | 'truncated'
  | 'header-too-large'
  | 'header-not-utf8'
  | 'header-not-json'
  | 'bad-metadata'
  | 'duplicate-name'
  | 'unknown-dtype'
  | 'bad-shape'
  | 'bad-offsets'
  | 'size-mismatch'
  | 'overlap'
  | 'hole'
  | 'trailing-bytes'
  // several files
  | 'bad-index'
  | 'missing-file'
  | 'bad-config'
  // PyTorch
  | 'forbidden-global'
  | 'forbidden-opcode'
  | 'bad-pickle'
  | 'bad-zip'
  | 'bad-storage'
  // TensorFlow
  | 'bad-hdf5'
  // reading and matching
  | 'unknown-format'
  | 'unknown-model'
  | 'unknown-name'
  | 'unsupported-dtype'
  | 'value-out-of-range'
  | 'shape-mismatch'
  | 'missing-weights'
  | 'untied-weights';

/** A weight file or model folder is not what it must be. */
export class CheckpointError extends Error {
  readonly code: CheckpointErrorCode;

  /** @param message what failed: found, expected; a newline; what to do */
  constructor(code: CheckpointErrorCode, message: string, options?: ErrorOptions) {
    super(`checkpoint: ${message}`, options);
    this.name = 'CheckpointError';
    this.code = code;
  }
}
