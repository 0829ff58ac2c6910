// Answers of real models, as clients see them: the Inference API's JSON, the JavaScript client, the model card's curl.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { get, post, startServer, type TestServer } from './server.test-support.js';
import { TASKS } from './task-name.js';
import { tinyModel, tinyRuns } from './tiny-models.test-support.js';

jest.setTimeout(180_000);

let runs: string;
let server: TestServer;
/** Address of a model and, where given, of one of its tasks. */
const at = (id: string, task?: string): string =>
  `${server.url}/models/${id}${task === undefined ? '' : `/pipeline/${task}`}`;
const generator = (): string => at('toy/generator');

beforeAll(async () => {
  runs = await tinyRuns();
  const labels = ['bad', 'so-so', 'good'];
  await tinyModel(join(runs, 'mood/model'), { head: 'sequence-classification', labels });
  await tinyModel(join(runs, 'sick/model'), { fill: Number.NaN });
  server = await startServer([runs], { maxBatchTokens: 256, holdSeconds: 150 });
});
afterAll(async () => {
  await server.close();
  rmSync(dirname(runs), { recursive: true });
});

const score = expect.any(Number);
const filled = { score, token: score, token_str: expect.any(String), sequence: expect.any(String) };

describe('the JSON of the Inference API', () => {
  test('fill-mask: flat for one text, a list a text, a list a mask, unwrapped for a list of one', async () => {
    const one = await post(generator(), { inputs: 'the [MASK] sees.', parameters: { top_k: 2 } });
    expect(one.body).toEqual([filled, filled]);
    expect(one.headers.get('x-compute-type')).toBe('cpu');
    expect(one.headers.get('x-compute-time')).toMatch(/^\d+\.\d{3}$/);
    expect(one.headers.get('x-compute-characters')).toBe('16');
    const parameters = { top_k: 1 };
    const ask = async (inputs: unknown, more: object = {}): Promise<unknown> =>
      (await post(generator(), { inputs, parameters: { ...parameters, ...more } })).body;
    expect(await ask(['the [MASK] sees.'])).toEqual([filled]);
    expect(await ask(['the [MASK] sees.', 'a [MASK]'])).toEqual([[filled], [filled]]);
    expect(await ask('a [MASK] [MASK].')).toEqual([[filled], [filled]]);
    expect(await ask('a [MASK] [MASK].', { flatten: true })).toEqual([
      { ...filled, mask_index: 0 },
      { ...filled, mask_index: 1 },
    ]);
    expect(await ask('a [MASK].', { targets: ['cat', 'dog'], top_k: 5 })).toEqual([filled, filled]);
  });

  test('the other tasks', async () => {
    expect((await post(at('mood/model'), 'the cat sees')).body).toEqual([
      [1, 2, 3].map(() => ({ label: expect.stringMatching(/^(bad|so-so|good)$/), score })),
    ]);
    const two = await post(at('mood/model'), { inputs: ['a', { text: 'a', text_pair: 'b' }] });
    expect(two.body).toHaveLength(2);
    expect((await post(at('toy/discriminator'), 'the cat')).body).toEqual(
      expect.arrayContaining([
        { entity_group: expect.any(String), score, word: expect.any(String), start: 0, end: score },
      ]),
    );
    const none = { inputs: 'the cat', parameters: { aggregation_strategy: 'none' } };
    expect((await post(at('toy/discriminator'), none)).body).toEqual([
      { entity: expect.any(String), index: 1, score, word: 'the', start: 0, end: 3 },
      { entity: expect.any(String), index: 2, score, word: 'cat', start: 4, end: 7 },
    ]);
    const detected = await post(at('toy/discriminator', 'replaced-token-detection'), 'The cat');
    expect(detected.body).toEqual([
      { word: 'the', score, index: 1, start: 0, end: 3 },
      { word: 'cat', score, index: 2, start: 4, end: 7 },
    ]);
    const features = at('toy/generator', 'feature-extraction');
    const bare = (await post(features, 'the cat')).body as number[][][];
    expect([bare.length, bare[0]?.length, bare[0]?.[0]?.length]).toEqual([1, 4, 16]);
    const pooled = { inputs: ['a', 'b'], parameters: { pooling: 'mean', normalize: true } };
    const vectors = (await post(features, pooled)).body as number[][];
    expect(vectors.map((vector) => vector.length)).toEqual([16, 16]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  test("the model card's own curl line, which names no content type, is answered", async () => {
    const line = [
      generator(),
      '-s',
      '-X',
      'POST',
      '-d',
      '{"inputs": "The goal of life is [MASK]."}',
    ];
    const curl = await promisify(execFile)('curl', [
      ...line,
      '-H',
      'Authorization: Bearer any',
    ]).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined; // no curl here: the content type is tested without it
      throw error;
    });
    if (curl) expect(JSON.parse(curl.stdout)).toEqual(Array(5).fill(filled));
  });
});

describe('the JavaScript client', () => {
  test('accepts every task through its endpoint', async () => {
    const client = new InferenceClient('any');
    const inputs = 'the [MASK] sees.';
    expect(await client.fillMask({ endpointUrl: generator(), inputs })).toHaveLength(5);
    const parameters: { top_k: number } & object = Object.assign({ top_k: 2 }, { flatten: true });
    const two = await client.fillMask({
      endpointUrl: generator(),
      inputs: 'a [MASK] [MASK]',
      parameters,
    });
    expect(two).toHaveLength(4);
    expect(
      await client.textClassification({ endpointUrl: at('mood/model'), inputs: 'the cat' }),
    ).toHaveLength(3);
    const tokens = await client.tokenClassification({
      endpointUrl: at('toy/discriminator'),
      inputs: 'the cat',
    });
    expect(tokens[0]).toMatchObject({ start: 0, entity_group: expect.any(String) });
    const features = await client.featureExtraction({
      endpointUrl: at('toy/generator', 'feature-extraction'),
      inputs: 'the cat',
    });
    expect(features).toHaveLength(1);
  });

  test('reaches us as its router, and shows our messages', async () => {
    const paths: string[] = [];
    const client = new InferenceClient('hf_any', {
      fetch: (input: string | URL | Request, init?: RequestInit) => {
        const { pathname, search } = new URL(input instanceof Request ? input.url : input);
        paths.push(pathname);
        return fetch(`${server.url}${pathname}${search}`, init);
      },
    } as object);
    const ask = (inputs: string) =>
      client.fillMask({ provider: 'hf-inference', model: 'toy/generator', inputs });
    expect(await ask('a [MASK].')).toHaveLength(5);
    expect(paths).toEqual(['/api/models/toy/generator', '/hf-inference/models/toy/generator']);
    await expect(ask('no mask')).rejects.toThrow(/No mask_token \(\[MASK\]\) found on the input/);
  });
});

describe('limits of inputs', () => {
  test.each<[string, object, number, RegExp]>([
    ['no mask', { inputs: 'the cat' }, 400, /No mask_token/],
    ['an empty text', { inputs: '' }, 400, /No mask_token/],
    [
      'a text that is too long',
      { inputs: `[MASK] ${'cat '.repeat(70)}` },
      422,
      /found 7\d tokens, expected at most 64/,
    ],
    [
      'a cut that would lose a mask',
      { inputs: `${'cat '.repeat(70)} [MASK]`, parameters: { truncate: true } },
      422,
      /mask/,
    ],
    ['40 masks', { inputs: '[MASK] '.repeat(40) }, 422, /40 masks: at most 32/],
    ['more answers than words', { inputs: '[MASK]', parameters: { top_k: 1000 } }, 400, /`top_k`/],
    ['no target', { inputs: '[MASK]', parameters: { targets: [] } }, 400, /At least one target/],
    ['a megabyte of one letter', { inputs: 'a'.repeat(1_000_000) }, 422, /1000000 characters/],
  ])('V16: %s', async (_, body, status, message) => {
    const reply = await post(generator(), body);
    expect(reply).toMatchObject({ status, body: { error: expect.stringMatching(message) } });
  });

  test('V16: a cut that keeps the mask, only special tokens, emoji, joiners, both directions', async () => {
    const cut = { inputs: `[MASK] ${'cat '.repeat(70)}`, parameters: { truncate: true } };
    expect(await post(generator(), cut)).toMatchObject({ status: 200 });
    for (const inputs of [
      '[MASK]',
      '[CLS] [SEP] [MASK]',
      '👩‍👩‍👧 [MASK] é',
      'שלום [MASK] مرحبا',
      '日本[MASK]語',
      'a\0[MASK]',
    ])
      expect(await post(generator(), { inputs })).toMatchObject({ status: 200 });
    // 👩 is two UTF-16 units
    const { body } = await post(at('toy/discriminator', 'replaced-token-detection'), '👩 cat');
    expect(body).toMatchObject([
      { start: 0, end: 2 },
      { word: 'cat', start: 3, end: 6 },
    ]);
  });

  test('V15: hostile texts of the longest length taken are answered or refused at once', async () => {
    const size = 250 * 64;
    for (const unit of [
      'a',
      '\u0301',
      '##',
      '[',
      '[MASK',
      'a\u200d',
      '\ud83d\ude00',
      ' ',
      '\0',
      'ﷺ',
    ]) {
      const inputs = `${unit.repeat(size / unit.length - 7)}`;
      const reply = await post(at('toy/discriminator'), { inputs });
      expect([200, 422]).toContain(reply.status);
    }
  });

  test('V9: a list fails as a whole, and longer lists than allowed are refused', async () => {
    expect(await post(generator(), { inputs: ['a [MASK]', 'none'] })).toMatchObject({
      status: 400,
    });
    expect(await post(generator(), { inputs: Array(33).fill('[MASK]') })).toMatchObject({
      status: 422,
    });
  });

  test('V11: a model of NaN is 424 and stays so, others answer', async () => {
    for (let i = 0; i < 2; i++)
      expect(await post(at('sick/model'), 'a [MASK]')).toMatchObject({
        status: 424,
        body: { error: expect.stringMatching(/NaN/), error_type: 'Backend' },
      });
    expect(await post(generator(), 'a [MASK]')).toMatchObject({ status: 200 });
  });
});

test('V12: an answer alone is the answer in any batch, in order, whatever else is in it', async () => {
  const words = 'the cat sees a dog and my old friend likes red trees in paris'.split(' ');
  const texts = Array.from({ length: 48 }, (_, i) => {
    const text = Array.from(
      { length: 1 + ((7 * i) % 40) },
      (_, j) => words[(i + 3 * j) % words.length],
    );
    text[i % text.length] = '[MASK]';
    return `${text.join(' ')} ${i}`;
  });
  const ask = async (text: string): Promise<{ token: number; score: number }[]> => {
    const reply = await post(generator(), { inputs: text }, { headers: { 'x-use-cache': '0' } });
    return reply.body as { token: number; score: number }[];
  };
  const alone = [];
  for (const text of texts) alone.push(await ask(text));
  const together = await Promise.all(texts.map(ask));
  for (const [i, answers] of together.entries())
    for (const [rank, { token, score }] of answers.entries()) {
      expect(token).toBe(alone[i]?.[rank]?.token);
      expect(Math.abs(score - (alone[i]?.[rank]?.score ?? Number.NaN))).toBeLessThan(1e-5);
    }
  const { body } = await get(`${server.url}/metrics`);
  const [, batches] =
    /alectra_batch_inputs_bucket\{le="1",model="toy\/generator"\} (\d+)/.exec(String(body)) ?? [];
  const [, inputs] =
    /alectra_batch_inputs_sum\{model="toy\/generator"\} (\d+)/.exec(String(body)) ?? [];
  expect(Number(inputs)).toBeGreaterThan(Number(batches)); // some batches had more than one
});

describe('the OpenAPI document', () => {
  interface Operation {
    readonly operationId: string;
    readonly requestBody?: {
      readonly content: { readonly 'application/json': { readonly example: object } };
    };
  }
  type Document = { readonly paths: Record<string, Record<string, Operation>> };
  const models = {
    'fill-mask': 'toy/generator',
    'text-classification': 'mood/model',
    'token-classification': 'toy/discriminator',
    'replaced-token-detection': 'toy/discriminator',
    'feature-extraction': 'toy/generator',
  };

  test('its examples are answered, its references exist, its paths are served', async () => {
    const document = (await get(`${server.url}/openapi.json`)).body as Document;
    expect(document).toMatchObject({ openapi: '3.1.0' });
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(document).toHaveProperty(['components', 'schemas', name]);
    for (const task of TASKS) {
      const { post: operation } = document.paths[`/models/{org}/{name}/pipeline/${task}`] ?? {};
      expect(operation?.operationId).toBe(task);
      const example = operation?.requestBody?.content['application/json'].example;
      expect(await post(at(models[task], task), example)).toMatchObject({ status: 200 });
    }
    const gets = Object.entries(document.paths).filter(([, { get: operation }]) => operation);
    for (const [path] of gets) {
      const filledIn = path.replace('{org}/{name}', 'toy/generator');
      expect([path, (await get(`${server.url}${filledIn}`)).status]).toEqual([path, 200]);
    }
    expect(gets.length).toBe(6);
  });
});
