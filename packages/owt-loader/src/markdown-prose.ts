// Markdown to prose: the sentences a person would read aloud. Code, tables, badges, images, link targets,
// HTML, front matter and headings go; the text of links, lists, quotations and inline code stays.
//
// A line-by-line reading, not a full CommonMark parser: for a training text it is enough that nothing but prose
// comes out, and a paragraph that does not look like prose is dropped at the end anyway.

const MAX_PARAGRAPH = 10_000;

/** The paragraphs of prose in a Markdown text, each on one line. */
export function markdownProse(markdown: string): string[] {
  const paragraphs: string[] = [];
  let current: string[] = [];
  const flush = (): void => {
    if (current.length === 0) return;
    const markup = current.join(' ');
    current = [];
    if (markup.length > MAX_PARAGRAPH) return; // generated: nobody writes that
    const text = inline(markup);
    if (looksLikeProse(text)) paragraphs.push(text);
  };
  let fence: string | undefined;
  let afterBlank = true;
  for (const line of withoutBlocks(markdown).split('\n')) {
    const mark = /^\s*(?:>\s?)*\s*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      continue;
    }
    if (mark) {
      flush();
      fence = mark;
      continue;
    }
    const indented = /^(?: {4}|\t)/.test(line);
    const bare = line.replace(/^\s*(?:>\s?)+/, '');
    const content = bare.trim();
    if (content === '') {
      flush();
      afterBlank = true;
      continue;
    }
    const item = /^(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$/.exec(content)?.[1];
    if (indented && afterBlank && item === undefined) continue; // an indented code block
    if (NOT_TEXT.test(content) || isTableRow(content)) {
      flush();
    } else if (item !== undefined) {
      flush();
      current.push(item);
    } else {
      current.push(content);
    }
    afterBlank = indented && afterBlank;
  }
  flush();
  return paragraphs;
}

/** Headings, rules, underlines of headings, reference definitions and directives. */
const NOT_TEXT = /^(?:#{1,6}(?:\s|$)|[-=*_]{2,}\s*$|(?:[-*_]\s*){3,}$|\[[^\]]+\]:\s|:{3,}|\$\$)/;

function isTableRow(line: string): boolean {
  return line.startsWith('|') || (line.match(/ \| /g)?.length ?? 0) >= 2 || /^[\s:|-]+$/.test(line);
}

/** Takes out what spans lines: front matter, comments and HTML elements that hold no prose. */
function withoutBlocks(markdown: string): string {
  let text = markdown
    .replace(/\r\n?/g, '\n')
    .replace(/^\uFEFF?(?:---|\+\+\+)\n[\s\S]{0,5000}?\n(?:---|\+\+\+)\n/, '');
  text = without(text, /<!--/g, '-->');
  for (const tag of ['script', 'style', 'pre', 'svg', 'table', 'code'])
    text = without(text, new RegExp(`<${tag}\\b`, 'gi'), `</${tag}`);
  return text;
}

/** Cuts out everything from each `open` to the next `close`, in one pass over the text. */
function without(text: string, open: RegExp, close: string): string {
  let kept = '';
  let from = 0;
  const lower = text.toLowerCase();
  // Case changes the length of a few letters outside ASCII: such a text is left as it is.
  if (lower.length !== text.length) return text;
  for (let match = open.exec(text); match; match = open.exec(text)) {
    const end = lower.indexOf(close, match.index);
    if (end < 0) break;
    kept += `${text.slice(from, match.index)} `;
    from = lower.indexOf('>', end) + 1 || text.length;
    open.lastIndex = from;
  }
  return kept + text.slice(from);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  rarr: '→',
  copy: '©',
};

/** One paragraph's markup to plain text. */
function inline(markup: string): string {
  return markup
    .replace(/!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])/g, ' ')
    .replace(/\[((?:[^[\]]|\[[^\]]*\])*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])/g, '$1')
    .replace(/\[\^[^\]]+\]:?/g, ' ')
    .replace(/<(?:https?|mailto|ftp):[^>]*>/gi, ' ')
    .replace(/<\/?[a-zA-Z][^<>]*>/g, ' ')
    .replace(/\b(?:https?|ftp):\/\/[^\s)>\]]+|\bwww\.[^\s)>\]]+/gi, ' ')
    .replace(/(`+)(.+?)\1/g, '$2')
    .replace(/(\*\*|__|~~)(?=\S)(.+?)\1/g, '$2')
    .replace(/(^|[\s(])[*_](?=\S)(.+?)[*_](?=[\s).,;:!?]|$)/g, '$1$2')
    .replace(/:[a-z0-9_+-]+:(?=\s|$)/g, ' ')
    .replace(/&(#\d+|#x[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => entity(name) ?? whole)
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replace(/\[([^[\]]*)\]/g, '$1')
    .replace(/(^|\s)\(\s*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;:!?)])(?=\s|$)/g, '$1')
    .trim();
}

function entity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    ? String.fromCodePoint(code)
    : undefined;
}

const FUNCTION_WORDS =
  /\b(?:the|a|an|of|to|and|in|is|are|be|it|that|this|for|with|on|as|by|or|you|if|can|will|from|not|was)\b/gi;

/**
 * English running text: at least five words, mostly letters, with the small words that sentences need and
 * lists of names, commits and options lack.
 */
export function looksLikeProse(text: string): boolean {
  const words = text.split(' ').length;
  if (words < 5) return false;
  const letters = text.match(/[A-Za-z ,]/g)?.length ?? 0;
  if (letters < 0.8 * text.length) return false;
  const small = text.match(FUNCTION_WORDS)?.length ?? 0;
  return small >= 0.1 * words;
}
