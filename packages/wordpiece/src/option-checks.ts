// Options by name and value: a misspelt one would be passed over, an impossible one taken for another.

/** @throws RangeError for names that are no options */
export function requireKnown(options: object, names: readonly string[]): void {
  for (const name in options) {
    if (!names.includes(name)) rejectOption(name, 'not an option', names.join(', '));
  }
}

/** @throws RangeError unless an integer from `least` */
export function requireCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    rejectOption(name, value, `an integer from ${least}`);
}

/** @throws RangeError unless `allowed` has the value */
export function requireOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) rejectOption(name, value, allowed.map(String).join(' or '));
}

/** @throws RangeError unless the options of these names are true, false or left out */
export function requireFlags<Name extends string>(
  options: { readonly [name in Name]?: unknown },
  names: readonly Name[],
): void {
  for (const name of names) {
    if (options[name] !== undefined) requireOneOf(name, options[name], [true, false]);
  }
}

/** @throws RangeError always */
export function rejectOption(
  name: string,
  found: unknown,
  expected: string,
  advice = 'Correct the option',
): never {
  throw new RangeError(
    `wordpiece: bad option: ${name} is ${found}, expected ${expected}.\n${advice}.`,
  );
}
