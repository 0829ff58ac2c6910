// A scanner for flat JSON of a known form: objects, strings, and lists of natural numbers.
//
// It sees what JSON.parse hides (equal names, integers beyond 2^53) and never recurses on its own.

const QUOTE = 34;
const BACKSLASH = 92;
/** Text that has no UTF-8 form. */
export const LONE_SURROGATE: RegExp =
  /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export class JsonScanner {
  readonly #text: string;
  readonly #fault: (what: string, within?: string) => Error;
  #at = 0;

  /** @param fault makes the error to throw: what was found and expected, and in which list */
  constructor(text: string, fault: (what: string, within?: string) => Error) {
    this.#text = text;
    this.#fault = fault;
  }

  /** Reads an object; `value` is called behind each name and must read the value. */
  object(value: (name: string) => void): void {
    this.#expect('{');
    if (this.isNext('}')) {
      this.#at++;
      return;
    }
    for (;;) {
      const name = this.string();
      this.#expect(':');
      value(name);
      if (!this.isNext(',')) break;
      this.#at++;
    }
    this.#expect('}');
  }

  /**
   * Reads a list of natural numbers, each at most 2^53 - 1.
   *
   * @param within name of the list, handed to `fault`
   */
  integers(within: string, atMost: number): number[] {
    const found: number[] = [];
    if (!this.isNext('[')) throw this.#fault('is not a list', within);
    this.#at++;
    if (this.isNext(']')) {
      this.#at++;
      return found;
    }
    for (;;) {
      const digits = this.#digits();
      const number = Number(digits);
      if (digits === '') throw this.#fault(`holds ${this.#here()}, no natural number`, within);
      if (!Number.isSafeInteger(number)) {
        throw this.#fault(`holds ${digits.slice(0, 40)}, too large`, within);
      }
      if (found.push(number) > atMost) {
        throw this.#fault(`has more than ${atMost} numbers`, within);
      }
      if (!this.isNext(',')) break;
      this.#at++;
    }
    if (!this.isNext(']')) throw this.#fault(`holds ${this.#here()}, no natural number`, within);
    this.#at++;
    return found;
  }

  /** Reads a string. */
  string(): string {
    if (!this.isNext('"')) throw this.#unexpected('text in quotes');
    const begin = this.#at;
    let escaped = false;
    for (this.#at++; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        this.#at++;
      } else if (!(code >= 32)) {
        throw this.#unexpected('a character of a text');
      }
    }
    this.#at++;
    if (!escaped) return this.#text.slice(begin + 1, this.#at - 1);
    const text = this.#unescape(this.#text.slice(begin, this.#at));
    if (LONE_SURROGATE.test(text)) throw this.#fault('a text holds half of a surrogate pair');
    return text;
  }

  /** Whether `character` is the next one that is not white space. */
  isNext(character: string): boolean {
    this.#skipSpace();
    return this.#text.charCodeAt(this.#at) === character.charCodeAt(0);
  }

  /** Makes sure that nothing but white space is left. */
  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #unescape(quoted: string): string {
    try {
      return JSON.parse(quoted);
    } catch {
      throw this.#fault(`${quoted.slice(0, 40)} is not a JSON text`);
    }
  }

  #digits(): string {
    this.#skipSpace();
    const begin = this.#at;
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= 48 && code <= 57)) break;
    }
    const digits = this.#text.slice(begin, this.#at);
    if (digits.length > 1 && digits[0] === '0')
      throw this.#fault(`${digits.slice(0, 40)} begins with 0`);
    return digits;
  }

  #expect(character: string): void {
    if (!this.isNext(character)) throw this.#unexpected(`"${character}"`);
    this.#at++;
  }

  #skipSpace(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  }

  #here(): string {
    const character = this.#text[this.#at];
    return character === undefined ? 'the end' : JSON.stringify(character);
  }

  #unexpected(expected: string): Error {
    return this.#fault(`${this.#here()} at character ${this.#at}, where ${expected} is expected`);
  }
}
