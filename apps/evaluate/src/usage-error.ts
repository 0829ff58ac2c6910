// A mistake of the person who called the program: one clear message, no stack trace, exit code 2.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
