// The frame of every page: head, header with the way to the other models, footer.

import type { PageAssets } from './page-assets.js';
import { type Html, html } from './page-html.js';

/** All that a page may do: its own script, style and answers. Nothing inline, no other host, no frame around it. */
export const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface Shell {
  readonly title: string;
  readonly assets: PageAssets;
  /** The path of this page, which the header marks. */
  readonly path: string;
  readonly links: readonly PageLink[];
  readonly main: Html;
}

export interface PageLink {
  readonly href: string;
  readonly label: string;
}

/** More links than this do not fit the header; the list of all models has them. */
const HEADER_LINKS = 4;

export function renderShell({ title, assets, path, links, main }: Shell): string {
  const here = (href: string): Html | false => href === path && html` aria-current="page"`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="/page/${assets.icon.name}">
<link rel="stylesheet" href="/page/${assets.style.name}">
<script type="module" src="/page/${assets.script.name}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<a class="brand" href="/models"><span class="mark" aria-hidden="true"><i></i><i></i><i></i></span>ALECTRA</a>
<nav aria-label="Models">${links
    .slice(0, HEADER_LINKS)
    .map(
      ({ href, label }) => html`<a href="${href}"${here(href)}>${label}</a>`,
    )}<a href="/models"${here('/models')}>all</a></nav>
</header>
<main id="main" tabindex="-1">${main}</main>
<footer class="foot">Runs on this machine. <a href="/info">info</a> <a href="/metrics">metrics</a></footer>
</body>
</html>
`.text;
}
