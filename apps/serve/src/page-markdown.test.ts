import { describe, expect, test } from '@jest/globals';
import type { Element, Nodes } from 'hast';
import { fromHtml } from 'hast-util-from-html';
import { escapeHtml, html, trusted } from './page-html.js';
import { renderMarkdown } from './page-markdown.js';

const rendered = (markdown: string): string => renderMarkdown(markdown).text;

const HARMLESS =
  'a blockquote code s div em h2 h3 input li ol p pre strong table tbody td tr ul'.split(' ');
const HARMLESS_PROPERTIES =
  'ariaLabel checked className disabled href id name rel role tabIndex title type'.split(' ');

/** All elements that a browser would make of the markup. */
function elements(markup: string): Element[] {
  const found: Element[] = [];
  const walk = (nodes: readonly Nodes[]): void => {
    for (const node of nodes) {
      if (node.type === 'element') found.push(node);
      if ('children' in node) walk(node.children);
    }
  };
  walk([fromHtml(markup, { fragment: true })]);
  return found;
}

describe('html', () => {
  test('escapes what is put in, in text and in attributes of either quote', () => {
    expect(html`<p title="${'" onload=x '}" id='${"'"}'>${'<b>&'}</p>`.text).toBe(
      '<p title="&quot; onload=x " id=\'&#39;\'>&lt;b&gt;&amp;</p>',
    );
    expect(escapeHtml('a\0b')).toBe('a\uFFFDb');
  });

  test('leaves out false and undefined, keeps zero, joins lists', () => {
    expect(html`${false}${undefined}${0}${[1, 'a', html`<i>`]}`.text).toBe('01a<i>');
  });

  test('takes no parsed object for markup', () => {
    const parsed: unknown = JSON.parse('{"text":"<script>"}');
    // the cast stands for a value of unknown shape that slips through
    expect(() => html`${parsed as string}`.text).toThrow();
    expect(html`${trusted('<i>')}`.text).toBe('<i>');
  });
});

describe('renderMarkdown', () => {
  test('writes what GitHub writes, headings one level down', () => {
    expect(rendered('# A\n\n**b** `c` ~~d~~ [e](https://f.example/g)\n\n- h')).toBe(
      '<h2>A</h2>\n' +
        '<p><strong>b</strong> <code>c</code> <s>d</s> ' +
        '<a href="https://f.example/g" rel="nofollow noopener noreferrer">e</a></p>\n' +
        '<ul>\n<li>h</li>\n</ul>\n',
    );
  });

  test('puts a table in a frame that scrolls and leaves out a header without words', () => {
    const markup = rendered('| | |\n|---|---|\n| steps | 31 |');
    expect(markup).toContain(
      '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>',
    );
    expect(markup).not.toContain('thead');
    expect(rendered('| a |\n|---|\n| 1 |')).toContain('<thead>');
  });

  test('makes a link of an image, since an image would call a foreign host', () => {
    expect(rendered('![a chart](https://x.example/y.png)')).toBe(
      '<p><a href="https://x.example/y.png" rel="nofollow noopener noreferrer">image: a chart</a></p>\n',
    );
    expect(rendered('<img src="//x.example/y.png" srcset="//x.example/z.png 2x">')).toBe(
      '<a rel="nofollow noopener noreferrer">image: no description</a>',
    );
  });

  test('keeps places in the card and the links to them together', () => {
    expect(rendered('<a id="x"></a>\n\n[y](#x)')).toContain('<a href="#user-content-x"');
    expect(rendered('<a id="x"></a>')).toContain('id="user-content-x"');
  });

  test('makes no link of a path, which would lead nowhere here', () => {
    expect(rendered('[a](./config.json) https://x.example file.md')).toBe(
      '<p><a rel="nofollow noopener noreferrer">a</a> ' +
        '<a href="https://x.example" rel="nofollow noopener noreferrer">https://x.example</a> file.md</p>\n',
    );
  });

  test.each([
    ['a script', '<script>alert(1)</script>'],
    ['a script in Markdown', '**<script>alert(1)</script>**'],
    ['a handler', '<p onclick="alert(1)" onfocus=alert(1) tabindex=0>x</p>'],
    ['an image that fails', '<img src=x onerror=alert(1)>'],
    ['a javascript link', '[x](javascript:alert(1))'],
    ['a javascript link in HTML', '<a href="javascript:alert(1)">x</a>'],
    ['a disguised javascript link', '<a href="java\tscript:alert(1)">x</a>'],
    ['an encoded javascript link', '<a href="&#106;avascript&colon;alert(1)">x</a>'],
    ['a data link', '[x](data:text/html,<script>alert(1)</script>)'],
    ['a vbscript link', '<vbscript:alert(1)>'],
    ['a style', '<style>@import "//x.example"</style><p style="background:url(//x.example)">x</p>'],
    ['a frame', '<iframe src="//x.example" srcdoc="<script>alert(1)</script>"></iframe>'],
    ['an object', '<object data="//x.example"></object><embed src="//x.example">'],
    [
      'a form',
      '<form action="//x.example"><input name=a><button formaction="//x.example">b</button></form>',
    ],
    ['a base', '<base href="//x.example/">'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=//x.example">'],
    ['a stylesheet', '<link rel="stylesheet" href="//x.example/a.css">'],
    ['an svg', '<svg onload="alert(1)"><script>alert(1)</script><use href="//x.example#a"/></svg>'],
    [
      'mathml',
      '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>',
    ],
    ['a comment that ends early', '<!--><img src=x onerror=alert(1)>-->'],
    [
      'a noscript trick',
      '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    ],
    ['a template', '<template><img src=x onerror=alert(1)></template>'],
    ['a video', '<video poster="//x.example"><source src="//x.example"></video>'],
    ['a picture', '<picture><source srcset="//x.example"><img src="//x.example"></picture>'],
    ['an id of the page', '<p id="main" name="body">x</p>'],
    ['a way out of code', '```\n</code></pre><script>alert(1)</script>\n```'],
    ['a way out of a language', '```"><img/src=x/onerror=alert(1)>\nx\n```'],
    ['a link title', '[x](https://a.example "\\" onmouseover=\\"alert(1)")'],
  ])('lets %s do nothing', (_name, markdown) => {
    for (const { tagName, properties } of elements(rendered(markdown))) {
      expect(HARMLESS).toContain(tagName);
      for (const [name, value] of Object.entries(properties)) {
        expect(HARMLESS_PROPERTIES).toContain(name);
        if (name === 'href') expect(value).toMatch(/^(https:|#user-content-)/);
        if (name === 'id' || name === 'name') expect(value).toMatch(/^user-content-/);
      }
      if (tagName === 'input')
        expect(properties).toMatchObject({ type: 'checkbox', disabled: true });
    }
  });

  test.each([
    ['block quotes', `${'>'.repeat(10_000)} x`],
    ['lists', '- '.repeat(5_000)],
    ['mixed containers', `${'> - '.repeat(5_000)}x`],
    ['brackets', '['.repeat(4_000)],
    ['emphasis', '**a *b '.repeat(1_000)],
    ['elements', `${'<div>'.repeat(8_000)}x`],
    ['backticks', Array.from({ length: 150 }, (_, i) => '`'.repeat(i)).join(' ')],
    ['entities', '&#x;&'.repeat(3_000)],
    ['tables', `${'|a'.repeat(300)}\n${'|-'.repeat(300)}\n${'|b'.repeat(300)}`],
  ])('survives %s without end', (_name, markdown) => {
    expect(rendered(markdown).length).toBeGreaterThan(0);
  });

  test('shows the beginning of a text that is too long, and says so', () => {
    const markup = rendered('word '.repeat(15_000));
    expect(markup).toContain('Shown are the first 60 thousand characters.');
    expect(markup.length).toBeLessThan(61_000);
  });
});
