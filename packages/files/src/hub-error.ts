// Errors of the Hugging Face hub and its cache, by code.

export type HubErrorCode =
  | 'bad-name'
  | 'not-found' // repository, revision or a file that is needed
  | 'not-allowed' // 401, 403: a token is missing, wrong, or the terms are not accepted
  | 'unreachable' // no answer, or only errors, after all attempts
  | 'offline' // not in the cache, and downloads are switched off
  | 'unverifiable' // the server gives no digest
  | 'tampered' // the bytes do not match their digest
  | 'disk-full';

export class HubError extends Error {
  readonly code: HubErrorCode;

  /** @param message what failed: found, expected; a newline; what to do */
  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(`files: ${message}`, options);
    this.name = 'HubError';
    this.code = code;
  }
}
