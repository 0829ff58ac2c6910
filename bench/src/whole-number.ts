// Figures on the command line: a misspelt one would measure nothing and say so much later.

/** @throws RangeError unless `text`, the value of `--option`, is a whole number from 1 on */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(
    `bench: --${option} is "${text}", expected a whole number from 1 on.\n` +
      `Write --${option} 5, or leave it out.`,
  );
}
