// Models and runs on disk, and a server that has the pages and answers like the real one without computing.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { PageModel, PageRun } from './page-model.js';
import { type PageCatalogue, registerPage } from './page-routes.js';

export const README = `---
license: apache-2.0
pipeline_tag: fill-mask
tags: [electra]
widget:
  - text: The capital of [MASK] is Paris.
  - text: A second [MASK] example.
    example_title: The second
model-index:
  - name: m
    results:
      - dataset: { name: GLUE, type: glue, config: cola, split: validation }
        metrics: [{ type: matthews_correlation, value: 50.6 }]
---
# A small network

It has words, **bold ones**, and an image: ![chart](https://foreign.example/chart.png)

<script src="https://foreign.example/evil.js"></script><img src=x onerror="document.title='owned'">
`;

export const line = (step: number, loss: number, kind = 'train'): string =>
  `${JSON.stringify({ step, kind, generatorLoss: loss, unigramLoss: 6, tokensPerSecond: 2000 })}\n`;

export interface TestPages {
  readonly catalogue: PageCatalogue;
  readonly run: PageRun;
}

/** A run that is under way, with a generator, a discriminator and a classifier in `root`. */
export async function writePages(root: string): Promise<TestPages> {
  const run: PageRun = { name: 'trial', folder: join(root, 'trial') };
  const model = async (
    id: string,
    tasks: string[],
    more: Partial<PageModel>,
  ): Promise<PageModel> => {
    const folder = join(root, id);
    await mkdir(folder, { recursive: true });
    return {
      id,
      folder,
      architecture: 'AlbertForMaskedLM',
      tasks,
      maxTokens: 64,
      maskToken: '[MASK]',
      weightBytes: 2_200_000,
      ...more,
    };
  };
  const models = [
    await model('trial/discriminator', ['token-classification', 'replaced-token-detection'], {
      partner: 'trial/generator',
    }),
    await model('trial/generator', ['fill-mask'], { run, partner: 'trial/discriminator' }),
    await model('other/sentiment', ['text-classification'], {}),
  ];
  await writeFile(join(root, 'trial/generator/README.md'), README);
  await writeFile(join(run.folder, 'config.json'), '{"schedule":{"steps":400}}');
  await writeFile(
    join(run.folder, 'metrics.jsonl'),
    line(0, 9, 'evaluate') + line(100, 8) + line(200, 7) + line(200, 7.1, 'evaluate'),
  );
  const catalogue: PageCatalogue = {
    models,
    runs: [run],
    find: (id) => models.find((one) => one.id === id),
    refresh: async () => undefined,
  };
  return { catalogue, run };
}

/** The pages with canned answers; a text with "busy" is refused with 429, one with "locked" needs a token. */
export async function pageServer(catalogue: PageCatalogue): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true });
  const loaded = new Set<string>();
  app.get<{ Params: { '*': string } }>('/status/*', async ({ params }) => ({
    state: loaded.has(params['*']) ? 'Loaded' : 'Loadable',
    loaded: loaded.has(params['*']),
    compute_type: 'cpu',
  }));
  app.post<{
    Params: { org: string; name: string; task: string };
    Body: { inputs: string | { text: string; text_pair: string }; parameters?: { top_k?: number } };
  }>('/models/:org/:name/pipeline/:task', async ({ params, body, headers }, reply) => {
    const text = typeof body.inputs === 'string' ? body.inputs : body.inputs.text;
    if (text.includes('busy')) return refuse(reply, 429, 'Too many requests');
    if (text.includes('locked') && headers.authorization !== 'Bearer secret')
      return refuse(reply, 401, 'The token is missing or wrong');
    loaded.add(`${params.org}/${params.name}`);
    reply.headers({ 'x-compute-time': '0.012', 'x-compute-type': 'cpu' });
    return answerTo(params.task, text);
  });
  await registerPage(app, { catalogue });
  return app;
}

const refuse = (reply: FastifyReply, status: number, error: string): FastifyReply =>
  reply.code(status).header('retry-after', '2').send({ error });

function answerTo(task: string, text: string): unknown {
  if (task === 'fill-mask') {
    const masks = text.split('[MASK]').length - 1;
    const answers = [
      { score: 0.5, token: 1, token_str: 'france', sequence: text.replace('[MASK]', 'france') },
      { score: 0.25, token: 2, token_str: '<b>&', sequence: text.replace('[MASK]', '<b>&') },
    ];
    return masks === 1 ? answers : Array.from({ length: masks }, () => answers);
  }
  if (task === 'text-classification')
    return [
      [
        { label: 'POSITIVE', score: 0.9 },
        { label: 'NEGATIVE', score: 0.1 },
      ],
    ];
  return [...text.matchAll(/\w+|[^\w\s]/g)].map(({ 0: word, index: start }, at) => ({
    word,
    score: word === 'banana' || word === 'france' ? 0.9 : 0.1,
    index: at + 1,
    start,
    end: start + word.length,
  }));
}
