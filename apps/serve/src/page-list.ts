// The list of all models and runs; also what a reader sees who asked for one that is not there.

import { type Html, html } from './page-html.js';
import { modelPath, type PageModel, type PageRun } from './page-model.js';

export interface Lists {
  readonly models: readonly PageModel[];
  readonly runs: readonly PageRun[];
}

export function renderLists({ models, runs }: Lists, notice?: string): Html {
  return html`<div class="title"><h1>Models</h1></div>
${notice !== undefined && html`<p class="note" role="alert">${notice}</p>`}
<ul class="list">${models.map(
    (model) =>
      html`<li><a href="${modelPath(model)}">${model.id}</a> <span class="status" data-status="${model.id}"><span class="dot"></span><span class="words">${model.architecture}</span></span></li>`,
  )}${models.length === 0 && html`<li class="note">None yet. <code>npm run quickstart</code> makes one in a few minutes.</li>`}</ul>
${
  runs.length > 0 &&
  html`<h2>Training runs</h2><ul class="list">${runs.map(
    ({ name }) => html`<li><a href="/runs/${encodeURIComponent(name)}">${name}</a></li>`,
  )}</ul>`
}`;
}
