// Elements in one expression. Strings become text nodes, never markup.

export type Child = Node | string;
export type Attributes = Readonly<Record<string, string>>;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function makeSvg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The first match inside `parent`. @throws if the server's markup has none, which is a mistake of ours */
export function find<Found extends Element>(
  parent: ParentNode,
  selector: string,
  kind: abstract new (...args: never[]) => Found,
): Found {
  const found = parent.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`page: there is no ${selector} on this page.`);
  return found;
}
