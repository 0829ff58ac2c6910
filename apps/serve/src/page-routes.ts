// The pages for people: GET /, /models, /models/org/name, /runs/name, and what they load. Answers for programs are the
// server's own routes; the page uses them like anyone else.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Asset, buildAssets, type PageAssets } from './page-assets.js';
import { openCards } from './page-card.js';
import { type Html, html } from './page-html.js';
import { renderLists } from './page-list.js';
import {
  modelPath,
  type PageModel,
  type PageRun,
  renderCurves,
  renderModel,
} from './page-model.js';
import { readRun } from './page-runs.js';
import { CONTENT_SECURITY_POLICY, type PageLink, renderShell } from './page-shell.js';

/** What the page asks of the server: the models and runs that it may show, newest first. */
export interface PageCatalogue {
  readonly models: readonly PageModel[];
  readonly runs: readonly PageRun[];
  find(id: string): PageModel | undefined;
  /** Looks at the disk again. */
  refresh(): Promise<void>;
}

export interface PageOptions {
  readonly catalogue: PageCatalogue;
}

/** Adds the pages to `app`. Call it before `app.ready()`; compiles the page's script. */
export async function registerPage(
  app: FastifyInstance,
  { catalogue }: PageOptions,
): Promise<void> {
  const assets = await buildAssets();
  addAssets(app, assets);
  const cardIn = openCards();

  const send = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { title, main, status = 200 }: { title: string; main: Html; status?: number },
  ): Promise<FastifyReply> => {
    const [path = '/'] = request.url.split('?');
    const links = headerLinks(catalogue);
    return sendHtml(request, reply, status, renderShell({ title, assets, path, links, main }));
  };

  app.get('/', async (_request, reply) => {
    await catalogue.refresh();
    const start = startModel(catalogue);
    return reply.redirect(start ? modelPath(start) : '/models');
  });

  app.get('/models', async (request, reply) => {
    await catalogue.refresh();
    return send(request, reply, { title: 'Models', main: renderLists(catalogue) });
  });

  app.get<{ Params: { org: string; name: string } }>(
    '/models/:org/:name',
    async (request, reply) => {
      const { org, name } = request.params;
      await catalogue.refresh();
      const model = catalogue.find(`${org}/${name}`);
      if (!model) {
        const main = renderLists(catalogue, `There is no model ${org}/${name} here.`);
        return send(request, reply, { title: 'Not found', main, status: 404 });
      }
      const partner = model.partner === undefined ? undefined : catalogue.find(model.partner);
      const main = renderModel({
        model,
        ...(partner && { partner }),
        card: await cardIn(model.folder),
        origin: originOf(request),
      });
      return send(request, reply, { title: model.id, main });
    },
  );

  app.get<{ Params: { run: string } }>('/runs/:run', async (request, reply) => {
    await catalogue.refresh();
    const run = catalogue.runs.find(({ name }) => name === request.params.run);
    if (!run) {
      const main = renderLists(catalogue, `There is no run ${request.params.run} here.`);
      return send(request, reply, { title: 'Not found', main, status: 404 });
    }
    return send(request, reply, { title: run.name, main: runPage(run) });
  });

  app.get<{ Params: { run: string }; Querystring: { after?: unknown } }>(
    '/runs/:run/metrics',
    async (request, reply) => {
      const run = catalogue.runs.find(({ name }) => name === request.params.run);
      if (!run)
        return reply.code(404).send({ error: `There is no run ${request.params.run} here.` });
      const { after } = request.query;
      const news = await readRun(run.folder, typeof after === 'string' ? after : '');
      reply.headers({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
      return sendZipped(request, reply, JSON.stringify(news));
    },
  );
}

const runPage = (run: PageRun): Html =>
  html`<div class="title"><h1><span class="org">runs/</span>${run.name}</h1></div>${renderCurves(run)}`;

/** The newest model; of two networks from one run the one that fills masks. */
function startModel(catalogue: PageCatalogue): PageModel | undefined {
  const [newest] = catalogue.models;
  const partner = newest?.partner === undefined ? undefined : catalogue.find(newest.partner);
  return partner?.tasks[0] === 'fill-mask' ? partner : newest;
}

const headerLinks = ({ models }: PageCatalogue): PageLink[] =>
  models.map((model) => ({ href: modelPath(model), label: model.id }));

/** Where the reader reached this server, for the snippets. A name that is no host name is not repeated. */
function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${/^[\w.-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i.test(host) ? host : 'localhost'}`;
}

function addAssets(app: FastifyInstance, { script, style, icon }: PageAssets): void {
  for (const asset of [script, style, icon])
    app.get(`/page/${asset.name}`, (request, reply) => sendAsset(request, reply, asset));
  app.get('/favicon.ico', (_request, reply) => reply.redirect(`/page/${icon.name}`));
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const zipped = acceptsGzip(request);
  return reply
    .headers({
      'content-type': asset.type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(zipped && { 'content-encoding': 'gzip' }),
    })
    .send(zipped ? asset.gzipped : asset.bytes);
}

function sendHtml(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  page: string,
): Promise<FastifyReply> {
  reply.code(status).headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  });
  return sendZipped(request, reply, page);
}

async function sendZipped(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
): Promise<FastifyReply> {
  const zipped = acceptsGzip(request);
  return reply
    .headers({ vary: 'accept-encoding', ...(zipped && { 'content-encoding': 'gzip' }) })
    .send(zipped ? await promisify(gzip)(text) : text);
}

const acceptsGzip = ({ headers }: FastifyRequest): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(headers['accept-encoding'] ?? ''));
