// What is wrong with a command line, as opposed to a fault of ours.

/** Whether an error says all that its reader needs: a value that cannot be, or what `parseArgs` refuses. */
export const isWrongOption = (error: unknown): error is Error =>
  error instanceof RangeError ||
  (error instanceof TypeError &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS_'));
