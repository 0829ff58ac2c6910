// What is wrong with a request, as opposed to the program or the machine.

export type InputErrorCode =
  /** No text, or no list of texts. */
  | 'bad-input'
  /** There is nothing to fill. */
  | 'no-mask'
  /** More tokens than the model has positions. */
  | 'too-long'
  /** An option has a value that cannot be. */
  | 'bad-option';

/** Thrown by `prepare` and `call`: the caller of a server did something wrong, not the server. */
export class InputError extends RangeError {
  override readonly name: string = 'InputError';
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string) {
    super(`pipelines: ${message}`);
    this.code = code;
  }
}

/** @throws InputError unless `value` is a whole number from `least` */
export function checkWhole(name: string, value: unknown, least: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return;
  throw new InputError(
    'bad-option',
    `cannot use \`${name}\`: found ${show(value)}, expected a whole number from ${least}.\nCorrect the option.`,
  );
}

/** @throws InputError unless `value` is one of `allowed` */
export function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new InputError(
    'bad-option',
    `cannot use \`${name}\`: found ${show(value)}, expected ${allowed.map(show).join(', ')}.\nCorrect the option.`,
  );
}

/** @throws InputError unless `input` is a text, or where pairs are taken a record of a text and its pair */
export function checkInput(input: unknown, takesPairs: boolean): void {
  if (typeof input === 'string') return;
  const { text, text_pair: pair } = (input ?? {}) as { text?: unknown; text_pair?: unknown };
  const isPair = typeof text === 'string' && typeof (pair ?? '') === 'string';
  if (takesPairs && isPair) return;
  throw new InputError(
    'bad-input',
    `cannot read a text: found ${show(input)}, expected a string${takesPairs ? ' or { text, text_pair }' : ''}.\nCorrect the input.`,
  );
}

/** @throws InputError for a single text in place of a list */
export function checkInputs(inputs: unknown): void {
  if (Array.isArray(inputs)) return;
  throw new InputError(
    'bad-input',
    `cannot answer: found ${show(inputs)}, expected a list of texts.\nWrite a single text as [text].`,
  );
}

const show = (value: unknown): string => {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
};

/** @throws InputError for a name that is not in `known` */
export function checkNames(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InputError(
    'bad-option',
    `unknown option: found ${show(unknown)}, expected ${known.join(', ')}.\nCorrect its name, or leave it out.`,
  );
}
