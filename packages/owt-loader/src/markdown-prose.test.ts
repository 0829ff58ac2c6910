import { describe, expect, test } from '@jest/globals';
import { markdownProse } from './markdown-prose.js';

const PROSE = 'This is a sentence that a person would read to the end.';

describe('markdownProse', () => {
  test.each([
    ['fenced code', `${PROSE}\n\n\`\`\`js\nconst it = 'is the of a to and in';\n\`\`\``],
    [
      'code fenced in a list',
      `- ${PROSE}\n\n      \`\`\`\n  it is the code of a list and of the end.\n      \`\`\``,
    ],
    ['indented code', `${PROSE}\n\n    it is the code that is in the block of the text.`],
    [
      'tables',
      `${PROSE}\n\n| it is | the cell of the table that is in here. |\n|---|---|\n| a | b |`,
    ],
    ['badges', `[![it is the build of a badge in here](https://a/b.svg)](https://c)\n\n${PROSE}`],
    ['headings', `# This is the title of the text that is in here.\n\n${PROSE}`],
    ['front matter', `---\ntitle: it is the title of the text in here.\n---\n${PROSE}`],
    [
      'comments and tags',
      `<!-- it is the comment of the text. --><p align="center">\n${PROSE}\n</p>`,
    ],
    [
      'HTML tables',
      `<table><tr><td>it is the cell of the table in here.</td></tr></table>\n\n${PROSE}`,
    ],
    ['reference definitions', `${PROSE}\n\n[it is the name of the link in here]: https://a.b`],
    ['lists of names', `${PROSE}\n\n- alpha beta gamma delta epsilon zeta eta theta`],
    ['short remarks', `${PROSE}\n\nIt is done.`],
  ])('drops %s', (_, markdown) => {
    expect(markdownProse(markdown)).toEqual([PROSE]);
  });

  test.each([
    [
      'links keep their text',
      'Read [the page](https://a.b/c_(d)) of the manual for this and that.',
      'Read the page of the manual for this and that.',
    ],
    [
      'reference links too',
      'Read [the page][page] of the manual for this and that.',
      'Read the page of the manual for this and that.',
    ],
    [
      'bare addresses go',
      'See https://a.b/c?d=e for more of this, or <https://f.g> to be sure.',
      'See for more of this, or to be sure.',
    ],
    [
      'emphasis',
      'This is **very** _much_ the *same* as ~~that~~ it was, in the __end__.',
      'This is very much the same as that it was, in the end.',
    ],
    [
      'names with underscores stay',
      'The value of max_row_count is the limit of the rows.',
      'The value of max_row_count is the limit of the rows.',
    ],
    [
      'inline code keeps its words',
      'Call `close()` to end the use of it, or ``a`b`` if not.',
      'Call close() to end the use of it, or a`b if not.',
    ],
    [
      'entities and escapes',
      'Salt &amp; pepper &#40;both&#41; are \\*not\\* in the &quot;pot&quot; for long.',
      'Salt & pepper (both) are *not* in the "pot" for long.',
    ],
    [
      'wrapped lines join',
      'This is the first half of\nthe sentence and the second.',
      'This is the first half of the sentence and the second.',
    ],
    [
      'quotations',
      '> This is the text of the quotation in\n> two lines of it.',
      'This is the text of the quotation in two lines of it.',
    ],
    [
      'items',
      '1. [x] This is the text of the item in the list.',
      'This is the text of the item in the list.',
    ],
    [
      'file names after a space keep theirs',
      'Put the names into the .gitignore file of the folder.',
      'Put the names into the .gitignore file of the folder.',
    ],
  ])('%s', (_, markdown, prose) => {
    expect(markdownProse(markdown)).toEqual([prose]);
  });

  test('keeps other languages out and takes time in proportion to hostile text', () => {
    expect(markdownProse('Dies ist ein Satz, den niemand hier lesen kann oder mag.')).toEqual([]);
    for (const part of ['[', '<!--', '<a', '![', '**', '`', '| ', '&#x'])
      expect(markdownProse(part.repeat(20_000))).toEqual([]);
  });
});
