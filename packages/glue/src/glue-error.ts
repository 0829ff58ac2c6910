// The one named error of this package: data or predictions are not what GLUE's files must be.

export type GlueErrorCode =
  | 'missing' // a file, split or task is not there
  | 'damaged' // bytes differ from what was published or written
  | 'format' // a file, row or column is not in the form it must have
  | 'label' // a label or score that the task does not know
  | 'rows' // too few rows, too many, or out of order
  | 'unlabelled'; // labels are needed where the data has none

export interface GlueFault {
  readonly code: GlueErrorCode;
  readonly file?: string;
  /** Line of the file, from 1; for Parquet the row, from 0. */
  readonly line?: number;
  readonly found?: string;
  readonly expected?: string;
}

export class GlueError extends Error {
  readonly code: GlueErrorCode;
  readonly fault: GlueFault;

  constructor(message: string, fault: GlueFault, cause?: unknown) {
    super(`glue: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'GlueError';
    this.code = fault.code;
    this.fault = fault;
  }
}
