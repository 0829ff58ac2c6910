// Text to sentences, by rule: in web text a line is a paragraph, and a builder that takes lines for sentences
// loses or cuts a third of it (reference: openwebtext-and-glue 1e).
//
// A line break always ends a sentence. Within a line a full stop, question or exclamation mark ends one when
// white space follows and then something that can open a sentence, unless the word before the stop is an
// abbreviation or an initial. Nothing is lost: the sentences of a text hold all its non-blank characters.
//
// The same rule is here twice, for text (whose sentences come out as strings) and for its UTF-8 (whose sentences
// become lines, in place), and a test holds one to the other. The second is for corpora: it makes no string.

const ABBREVIATIONS: ReadonlySet<number> = new Set(
  `mr mrs ms dr prof rev gen sen rep gov capt col lt sgt maj hon st jr sr vs etc inc ltd co corp bros
  dept univ assn approx est no nos vol vols pp fig figs ed eds al cf e.g i.e eg ie viz a.m p.m u.s u.k u.n
  d.c jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd mt ft`
    .split(/\s+/)
    .map((word) => packed(word, 0, word.length)),
);

const LONGEST_ABBREVIATION = 6;

/** The sentences of a text in order, trimmed, none empty. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  const take = (to: number): void => {
    let from = start;
    let until = to;
    while (from < until && isBlank(text.charCodeAt(from))) from++;
    while (until > from && isBlank(text.charCodeAt(until - 1))) until--;
    if (until > from) sentences.push(text.slice(from, until));
    start = to;
  };
  eachEnd(text, TEXT, take);
  take(text.length);
  return sentences;
}

/**
 * Makes each sentence of a text a line, by writing line feeds over the white space between them, and spaces over
 * other white space at their ends.
 *
 * @param bytes the text as UTF-8, at [from, to)
 * @returns the lines, blank ones included, that end with a line feed once there is one at `to` as well
 */
export function sentencesToLines(bytes: Buffer, from: number, to: number): number {
  // One character a byte: the engine searches a string many characters at a time, and bytes one by one.
  const text = bytes.toString('latin1', from, to);
  let lines = 1;
  let start = 0;
  eachEnd(text, UTF8, (end) => {
    blankEnds(bytes, from + start, from + end);
    if (text.charCodeAt(end) === 0xc2) bytes[from + end + 1] = 32; // the second byte of a no-break space
    bytes[from + end] = 10;
    lines++;
    start = end + 1;
  });
  blankEnds(bytes, from + start, to);
  return lines;
}

/** How the rule reads one of the two forms of a text. */
interface Form {
  /** Past any further marks and closing quotes or brackets. */
  skipClosing(text: string, from: number): number;
  /** Past spaces, tabs, carriage returns and no-break spaces. */
  skipSpaces(text: string, from: number): number;
}

/** Calls `take` with the end of each sentence but the last: where its line break or the white space after it stands. */
function eachEnd(
  text: string,
  { skipClosing, skipSpaces }: Form,
  take: (end: number) => void,
): void {
  const end = text.length;
  // Each mark is searched for by itself: the engine finds one character many at a time.
  let line = placeOf(text, '\n', 0);
  let stop = placeOf(text, '.', 0);
  let call = placeOf(text, '!', 0);
  let question = placeOf(text, '?', 0);
  for (;;) {
    const i = Math.min(line, stop, call, question);
    if (i === end) return;
    let next = i + 1;
    if (i === line) {
      take(i);
    } else {
      const close = skipClosing(text, i + 1);
      const opening = skipSpaces(text, close);
      if (opening > close && opening < end && canOpen(text.charCodeAt(opening))) {
        if (i !== stop || !isShort(text, i)) take(close);
      }
      next = close;
    }
    if (line < next) line = placeOf(text, '\n', next);
    if (stop < next) stop = placeOf(text, '.', next);
    if (call < next) call = placeOf(text, '!', next);
    if (question < next) question = placeOf(text, '?', next);
  }
}

function placeOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

/** A text itself, a character at a time. */
const TEXT: Form = {
  skipClosing(text, from) {
    let i = from;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (!closes(code) && code !== 0x201d && code !== 0x2019 && code !== 0xbb) break;
    }
    return i;
  },
  skipSpaces(text, from) {
    let i = from;
    while (i < text.length && (isSpace(text.charCodeAt(i)) || text.charCodeAt(i) === 0xa0)) i++;
    return i;
  },
};

/** The UTF-8 of a text, a byte a character. */
const UTF8: Form = {
  skipClosing(text, from) {
    for (let i = from; ; ) {
      const code = text.charCodeAt(i); // NaN behind the end
      if (closes(code)) i++;
      else if (code === 0xc2 && text.charCodeAt(i + 1) === 0xbb) i += 2;
      else if (code !== 0xe2 || text.charCodeAt(i + 1) !== 0x80) return i;
      else if (text.charCodeAt(i + 2) === 0x9d || text.charCodeAt(i + 2) === 0x99) i += 3;
      else return i;
    }
  },
  skipSpaces(text, from) {
    for (let i = from; ; ) {
      const code = text.charCodeAt(i);
      if (isSpace(code)) i++;
      else if (code === 0xc2 && text.charCodeAt(i + 1) === 0xa0) i += 2;
      else return i;
    }
  },
};

function closes(code: number): boolean {
  if (code === 46 || code === 33 || code === 63 || code === 34) return true;
  return code === 39 || code === 41 || code === 93;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

/** Writes spaces over other blank characters at both ends, so that none but ASCII ones are left there. */
function blankEnds(bytes: Uint8Array, from: number, to: number): void {
  let start = from;
  for (let size = 1; start < to && size > 0; start += size) {
    size = blankSize(bytes, start);
    if (size > 1) bytes.fill(32, start, start + size);
  }
  for (let end = to; end > start; ) {
    let lead = end - 1;
    while (lead > start && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--;
    const size = blankSize(bytes, lead);
    if (size === 0) return;
    if (size > 1) bytes.fill(32, lead, lead + size);
    end = lead;
  }
}

/** Bytes of the blank character that begins here; 0 if it is another. */
function blankSize(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return isBlank(lead) ? 1 : 0;
  const second = (bytes[at + 1] ?? 0) & 63;
  if (lead < 0xe0) return isBlank(((lead & 31) << 6) | second) ? 2 : 0;
  if (lead >= 0xf0) return 0;
  return isBlank(((lead & 15) << 12) | (second << 6) | ((bytes[at + 2] ?? 0) & 63)) ? 3 : 0;
}

/** What String.prototype.trim takes away, as far as text has it. */
function isBlank(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  if (code < 0xa0) return false;
  return (
    code === 0xa0 ||
    code === 0x3000 ||
    code === 0xfeff ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x1680
  );
}

/** Capitals, digits, quotes, brackets and anything outside ASCII (other scripts have no capitals to wait for). */
function canOpen(code: number): boolean {
  if (code >= 65 && code <= 90) return true;
  if (code >= 48 && code <= 57) return true;
  return code === 34 || code === 39 || code === 40 || code === 91 || code > 127;
}

/** Whether the stop at `at` ends an abbreviation or an initial rather than a sentence. */
function isShort(text: string, at: number): boolean {
  let from = at;
  while (from > 0 && at - from < 8) {
    const code = text.charCodeAt(from - 1);
    const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 46;
    if (!letter) break;
    from--;
  }
  const length = at - from;
  if (length === 0) return false;
  if (length === 1) return text.charCodeAt(from) <= 90 && text.charCodeAt(from) !== 73; // "J." but not "I."
  return length <= LONGEST_ABBREVIATION && ABBREVIATIONS.has(packed(text, from, at));
}

/** Up to six letters and stops as one number, whatever their case: five bits each, so that no string is made. */
function packed(text: string, from: number, to: number): number {
  let key = 1;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    key = (key << 5) | (code === 46 ? 27 : code & 31);
  }
  return key;
}
