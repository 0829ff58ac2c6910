// A refusal, as an HTTP answer: `{ error, error_type }`, which both the Inference API's clients and TEI's read.

export type FaultType =
  | 'Validation'
  | 'Unauthorized'
  | 'NotFound'
  | 'TooLarge'
  | 'Unsupported'
  | 'Timeout'
  | 'Overloaded'
  | 'Loading'
  | 'NotLoaded'
  | 'Backend'
  | 'Unhealthy'
  | 'Internal';

export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly status: number;
  readonly type: FaultType;
  readonly headers: Readonly<Record<string, string>>;
  /** Further fields of the body, such as `estimated_time`. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    type: FaultType,
    message: string,
    {
      headers = {},
      fields = {},
    }: {
      headers?: Readonly<Record<string, string>>;
      fields?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.headers = headers;
    this.fields = fields;
  }
}

/** Answered to nobody: the connection is gone. */
export const clientLeft = (): HttpFault => new HttpFault(499, 'Timeout', 'The client left');

export const faultBody = ({ message, type, fields }: HttpFault): object => ({
  error: message,
  error_type: type,
  ...fields,
});
