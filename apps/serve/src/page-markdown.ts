// Markdown of a stranger's README.md to markup that can do nothing: no script, style, image, frame or form.
//
// GitHub's Markdown is parsed by markdown-it, raw HTML included. The result is parsed as HTML, changed (headings one
// level down, images to links, tables in a frame that scrolls) and cut down to GitHub's list of elements and
// attributes by hast-util-sanitize. The content security policy of the page is the second wall.

import type { Element, ElementContent, Nodes, Root } from 'hast';
import { fromHtml } from 'hast-util-from-html';
import { defaultSchema, type Schema, sanitize } from 'hast-util-sanitize';
import { toHtml } from 'hast-util-to-html';
import MarkdownIt from 'markdown-it';
import { type Html, html, trusted } from './page-html.js';

/** Longer files are shown cut off: the text is parsed in the thread that answers. */
const MAX_CHARACTERS = 60_000;
/** Nested deeper than this, a file is an attack on the stack and is shown as plain text. */
const MAX_DEPTH = 100;
/** What sanitizing puts before ids, so that none can stand for an element of the page. */
const ID_PREFIX = 'user-content-';

// names and addresses without a scheme are not taken for links
const MARKDOWN = new MarkdownIt({ html: true, linkify: true });
MARKDOWN.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** Elements of GitHub's list that fetch something on sight. */
const LOADS: readonly string[] = ['img', 'picture', 'source'];

const SCHEMA: Schema = {
  ...defaultSchema,
  clobberPrefix: ID_PREFIX,
  tagNames: (defaultSchema.tagNames ?? []).filter((name) => !LOADS.includes(name)),
  attributes: {
    ...defaultSchema.attributes,
    a: [...(defaultSchema.attributes?.a ?? []), ['rel', 'nofollow', 'noopener', 'noreferrer']],
    div: [['className', 'scroll'], ['role', 'region'], ['tabIndex', 0], 'ariaLabel'],
    pre: [['tabIndex', 0]],
  },
};

/** Renders the body of a model card. Never throws. */
export function renderMarkdown(markdown: string): Html {
  const cut = markdown.length > MAX_CHARACTERS;
  const text = cut ? markdown.slice(0, MAX_CHARACTERS) : markdown;
  const rendered = renderOrNothing(text);
  return html`${rendered ?? html`<pre tabindex="0">${text}</pre>`}${
    cut &&
    html`<p class="note">Shown are the first ${MAX_CHARACTERS / 1000} thousand characters.</p>`
  }`;
}

function renderOrNothing(text: string): Html | undefined {
  try {
    return render(text);
  } catch {
    return undefined; // a stack that overflowed on elements in elements in elements
  }
}

function render(text: string): Html | undefined {
  const tree = fromHtml(MARKDOWN.render(text), { fragment: true });
  if (depthOf(tree) > MAX_DEPTH) return undefined;
  change(tree);
  return trusted(toHtml(sanitize(tree, SCHEMA)));
}

function depthOf(tree: Root): number {
  let deepest = 0;
  const open: [node: Nodes, depth: number][] = [[tree, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next;
    deepest = Math.max(deepest, depth);
    if ('children' in node) for (const child of node.children) open.push([child, depth + 1]);
  }
  return deepest;
}

function change(parent: Root | Element): void {
  // the cast narrows a root's children, which include a doctype that a fragment never has
  parent.children = (parent.children as ElementContent[]).map((child) => {
    if (child.type !== 'element') return child;
    change(child);
    return changed(child);
  });
}

function changed(element: Element): ElementContent {
  const { tagName, properties } = element;
  const heading = /^h([1-5])$/.exec(tagName);
  if (heading) element.tagName = `h${Number(heading[1]) + 1}`;
  if (tagName === 'a') return link(element);
  if (tagName === 'img') return imageLink(element);
  if (tagName === 'pre') properties.tabIndex = 0;
  if (tagName === 'table') return scrolling(element);
  return element;
}

/** Links lead to the web or to a place in the card; a path inside the model's folder leads nowhere here. */
function link(element: Element): Element {
  const { properties } = element;
  const href = typeof properties.href === 'string' ? properties.href.trim() : '';
  properties.rel = ['nofollow', 'noopener', 'noreferrer'];
  if (href.startsWith('#')) properties.href = `#${ID_PREFIX}${href.slice(1)}`;
  else if (!/^(https?:\/\/|mailto:)/i.test(href)) delete properties.href;
  return element;
}

/** An image would be fetched from a foreign host on sight: its address becomes a link, its description the text. */
function imageLink({ properties: { src, alt } }: Element): Element {
  const value = `image: ${typeof alt === 'string' && alt.trim() !== '' ? alt.trim() : 'no description'}`;
  return link({
    type: 'element',
    tagName: 'a',
    properties: { href: typeof src === 'string' ? src : '' },
    children: [{ type: 'text', value }],
  });
}

/** A wide table scrolls in its own frame; a header row without words is left out. */
function scrolling(table: Element): Element {
  table.children = table.children.filter(
    (child) => !(child.type === 'element' && child.tagName === 'thead' && wordsOf(child) === ''),
  );
  return {
    type: 'element',
    tagName: 'div',
    properties: { className: ['scroll'], role: 'region', tabIndex: 0, ariaLabel: 'Table' },
    children: [table],
  };
}

function wordsOf(node: Element): string {
  return node.children
    .map((child) =>
      child.type === 'text' ? child.value : child.type === 'element' ? wordsOf(child) : '',
    )
    .join('')
    .trim();
}
