// Text to sentences, by rule: in web text a line is a paragraph, and a builder that takes lines for sentences
// loses or cuts a third of it (reference: openwebtext-and-glue 1e).
//
// A line break always ends a sentence. Within a line a full stop, question or exclamation mark ends one when
// white space follows and then something that can open a sentence, unless the word before the stop is an
// abbreviation or an initial. Nothing is lost: the sentences of a text hold all its non-blank characters.

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
  const end = text.length;
  const take = (to: number): void => {
    let from = start;
    let until = to;
    while (from < until && isBlank(text.charCodeAt(from))) from++;
    while (until > from && isBlank(text.charCodeAt(until - 1))) until--;
    if (until > from) sentences.push(text.slice(from, until));
    start = to;
  };
  // Each mark is searched for by itself: the engine finds one character many at a time.
  const after = (mark: string, from: number): number => {
    const found = text.indexOf(mark, from);
    return found < 0 ? end : found;
  };
  let line = after('\n', 0);
  let stop = after('.', 0);
  let call = after('!', 0);
  let question = after('?', 0);
  for (;;) {
    const i = Math.min(line, stop, call, question);
    if (i === end) break;
    let next = i + 1;
    if (i === line) {
      take(i);
    } else {
      const close = skipClosing(text, i + 1);
      if (close < end && isSpace(text.charCodeAt(close))) {
        const opening = skipSpaces(text, close);
        const opens = opening < end && canOpen(text.charCodeAt(opening));
        if (opens && !(i === stop && isShort(text, i))) take(close);
      }
      next = close;
    }
    if (line < next) line = after('\n', next);
    if (stop < next) stop = after('.', next);
    if (call < next) call = after('!', next);
    if (question < next) question = after('?', next);
  }
  take(end);
  return sentences;
}

/** Past any further marks and closing quotes or brackets. */
function skipClosing(text: string, from: number): number {
  let i = from;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const closes =
      code === 46 || code === 33 || code === 63 || code === 34 || code === 39 || code === 41;
    if (!closes && code !== 93 && code !== 0x201d && code !== 0x2019 && code !== 0xbb) break;
  }
  return i;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 0xa0;
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

function skipSpaces(text: string, from: number): number {
  let i = from;
  while (i < text.length && isSpace(text.charCodeAt(i))) i++;
  return i;
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
