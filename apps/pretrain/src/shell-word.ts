// A path as one word of a shell, for the commands that are printed to be typed.

/** As it is if no shell would take it apart, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
