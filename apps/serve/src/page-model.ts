// One model's page: what to try on the right, the card with results and curves on the left, as on the hub.

import type { ShownCard } from './page-card.js';
import type { Card, WidgetExample } from './page-front-matter.js';
import { type Html, html } from './page-html.js';
import { renderResults } from './page-results.js';
import { snippets } from './page-snippets.js';

/** What the page has to know of a model; the catalogue of the server knows it. */
export interface PageModel {
  /** `org/name`. */
  readonly id: string;
  /** Absolute path of the Hugging Face folder. */
  readonly folder: string;
  /** The training run that it comes from. */
  readonly run?: PageRun;
  readonly architecture: string;
  /** Its main task first. */
  readonly tasks: readonly string[];
  /** The longest text, in tokens. */
  readonly maxTokens: number;
  readonly maskToken: string;
  /** Its generator or discriminator, from the same run. */
  readonly partner?: string;
  readonly weightBytes: number;
}

export interface PageRun {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
}

export interface ModelPage {
  readonly model: PageModel;
  readonly partner?: PageModel;
  readonly card: ShownCard;
  /** Scheme and host of this server, for the snippets. */
  readonly origin: string;
}

export const modelPath = ({ id }: { readonly id: string }): string => `/models/${id}`;
export const taskPath = (id: string, task: string): string => `/models/${id}/pipeline/${task}`;

export function renderModel(page: ModelPage): Html {
  const { model, card } = page;
  const results = renderResults(card.results);
  const [org, name] = model.id.split('/');
  return html`
<div class="title">
<h1><span class="org">${org}/</span>${name}</h1>
<p class="status" data-status="${model.id}" role="status"><span class="dot"></span><span class="words">${megabytes(model.weightBytes)}, ${model.architecture}, at most ${model.maxTokens} tokens</span></p>
<ul class="tags" aria-label="Tags">${card.tags.map(
    ({ kind, value }) =>
      html`<li>${kind !== 'tag' && html`<span class="kind">${kind}</span> `}${value}</li>`,
  )}</ul>
</div>
<div class="columns">
<div class="try">
<noscript><p class="note">The fields below need JavaScript; the card and its tables do not.</p></noscript>
${tryIt(page)}${usage(page)}
</div>
<div class="read">
<article class="card" aria-label="Model card">${card.fault !== undefined && html`<p class="note">Of this card, ${card.fault}.</p>`}${
    card.rendered ?? html`<p class="note">This folder has no README.md to show.</p>`
  }</article>
${results && html`<section class="panel" aria-labelledby="results"><h2 id="results">Results</h2>${results}</section>`}
${model.run && renderCurves(model.run)}
</div>
</div>`;
}

/** The frame that the script draws a run's curves into. */
export function renderCurves({ name }: PageRun): Html {
  return html`<section class="panel curves" data-run="${name}" aria-labelledby="curves"><h2 id="curves">Training <span class="live" hidden>live</span></h2><p class="progress note">Reading ${name}/metrics.jsonl …</p></section>`;
}

/** The model's own fields first, then those of its partner, since the two belong together. */
function tryIt({ model, partner, card }: ModelPage): Html {
  const network = (task: string): PageModel | undefined =>
    [model, partner].find((one) => one?.tasks.includes(task));
  const [generator, detector] = [network('fill-mask'), network('replaced-token-detection')];
  const cardOf = (one: PageModel): Card | undefined => (one === model ? card : undefined);
  const fields = [
    ...(generator ? [fillMask(generator, cardOf(generator))] : []),
    ...(detector ? [detectReplaced(detector, generator, cardOf(detector))] : []),
  ];
  if (generator === partner) fields.reverse();
  return html`${fields}${model.tasks.includes('text-classification') && classify(model, card)}`;
}

function fillMask(model: PageModel, card: Card | undefined): Html {
  return widget({
    kind: 'fill-mask',
    model,
    task: 'fill-mask',
    title: 'Fill the mask',
    examples: examplesOf(card, `The function returns a new ${model.maskToken}.`, (text) =>
      text.includes(model.maskToken),
    ),
    extra: html`<p class="hint">Mask token <button type="button" class="token" data-insert="${model.maskToken}" title="Put it where the cursor is">${model.maskToken}</button></p>`,
  });
}

function detectReplaced(
  detector: PageModel,
  generator: PageModel | undefined,
  card: Card | undefined,
): Html {
  return widget({
    kind: 'detect',
    model: detector,
    task: 'replaced-token-detection',
    title: 'Find replaced tokens',
    examples: examplesOf(
      card,
      'This package banana the files of a folder.',
      (text) => !text.includes(detector.maskToken),
    ),
    attributes: generator && {
      'data-generator': taskPath(generator.id, 'fill-mask'),
      'data-mask': generator.maskToken,
    },
    buttons:
      generator && html`<button type="button" data-corrupt>Corrupt with the generator</button>`,
    extra: html`<p class="hint threshold"><label>Mark from <input type="range" min="1" max="99" value="50" data-threshold> <output>50 %</output></label></p>`,
  });
}

function classify(model: PageModel, card: Card): Html {
  return widget({
    kind: 'classify',
    model,
    task: 'text-classification',
    title: 'Classify',
    examples: examplesOf(card, 'The film is a quiet joy from start to end.', () => true),
    extra: html`<label class="second">Second sentence, where the task has pairs<textarea name="pair" rows="1" spellcheck="false" maxlength="20000"></textarea></label>`,
  });
}

interface Widget {
  readonly kind: string;
  readonly model: PageModel;
  readonly task: string;
  readonly title: string;
  /** At least one; the first stands in the field. */
  readonly examples: readonly WidgetExample[];
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly buttons?: Html | undefined;
  readonly extra: Html;
}

function widget({
  kind,
  model,
  task,
  title,
  examples,
  attributes = {},
  buttons,
  extra,
}: Widget): Html {
  const id = (part: string): string => `${kind}-${part}`;
  return html`<section class="panel widget" data-widget="${kind}" data-model="${model.id}" data-url="${taskPath(model.id, task)}"${Object.entries(
    attributes,
  ).map(([name, value]) => html` ${name}="${value}"`)} aria-labelledby="${id('title')}">
<h2 id="${id('title')}">${title}</h2>
<form>
<div class="above"><label for="${id('text')}">Text</label>${
    examples.length > 1 &&
    html`<select aria-label="Examples" data-examples><option value="">Examples</option>${examples.map(
      ({ title, text }) => html`<option value="${text}">${title}</option>`,
    )}</select>`
  }</div>
<textarea id="${id('text')}" name="text" rows="3" spellcheck="false" autocomplete="off" maxlength="20000">${examples[0]?.text}</textarea>
${extra}
<div class="actions"><button type="submit" class="main" aria-keyshortcuts="Control+Enter Meta+Enter">Compute</button>${buttons}<kbd aria-hidden="true">Ctrl ↵</kbd></div>
</form>
<div class="answer" data-answer aria-live="polite"></div>
</section>`;
}

/** How to ask for what the model is there for: its main task, which its plain path answers, or replaced tokens. */
function usage({ model, origin }: ModelPage): Html | undefined {
  const task = model.tasks.find((one) => one === 'replaced-token-detection') ?? model.tasks[0];
  if (task === undefined) return undefined;
  const inputs =
    task === 'fill-mask'
      ? `The function returns a new ${model.maskToken}.`
      : 'This package reads the files of a folder.';
  const url = task === model.tasks[0] ? modelPath(model) : taskPath(model.id, task);
  const texts = snippets({ url: `${origin}${url}`, task, body: { inputs } });
  return html`<section class="panel usage" data-usage="${task}" data-model="${model.id}" data-url="${url}" aria-labelledby="usage">
<h2 id="usage">Use it</h2>
<div class="tabs">${Object.entries(texts).map(
    ([language, text]) =>
      html`<section data-tab="${language}"><h3>${language}</h3><pre tabindex="0"><code>${text}</code></pre></section>`,
  )}</div>
</section>`;
}

/** The card's examples that the field can take, or a text of ours. */
function examplesOf(
  card: Card | undefined,
  fallback: string,
  takes: (text: string) => boolean,
): readonly WidgetExample[] {
  const examples = card?.examples.filter(({ text }) => takes(text)) ?? [];
  return examples.length > 0 ? examples : [{ title: fallback, text: fallback }];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
