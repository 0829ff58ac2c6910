import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { pageServer, type TestPages, writePages } from './page.test-support.js';

let root: string;
let pages: TestPages;
let app: FastifyInstance;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'alectra-page-'));
  pages = await writePages(root);
  app = await pageServer(pages.catalogue);
});
afterAll(async () => {
  await app.close();
  await rm(root, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers: { host: 'here.example:3000', ...headers } });

describe('the pages', () => {
  test('start at the newest model, and of two networks at the one that fills masks', async () => {
    const { statusCode, headers } = await get('/');
    expect([statusCode, headers.location]).toEqual([302, '/models/trial/generator']);
  });

  test('show a model with its card, its results, its fields and how to ask it', async () => {
    const { statusCode, body } = await get('/models/trial/generator');
    expect(statusCode).toBe(200);
    expect(body).toContain('<h2>A small network</h2>');
    expect(body).toMatch(/<caption>GLUE, in percent<\/caption>[\s\S]*CoLA[\s\S]*<td>50\.6<\/td>/);
    expect(body).toContain('data-widget="fill-mask"');
    expect(body).toContain('data-generator="/models/trial/generator/pipeline/fill-mask"');
    expect(body).toContain('<option value="A second [MASK] example.">The second</option>');
    expect(body).toContain('curl http://here.example:3000/models/trial/generator');
    expect(body).toContain('data-run="trial"');
  });

  test('let the card bring no script, no image and no handler', async () => {
    const { body } = await get('/models/trial/generator');
    expect(body.match(/<script/g)).toHaveLength(1);
    expect(body).not.toMatch(/<img|onerror|evil\.js/);
  });

  test('may do nothing but load their own files', async () => {
    const { headers } = await get('/models/trial/generator');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('have no inline script, style or handler', async () => {
    for (const url of [
      '/models',
      '/models/trial/generator',
      '/models/other/sentiment',
      '/runs/trial',
    ]) {
      const { body } = await get(url);
      expect(body).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src="\/page\/)/);
      expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\/(?!foreign\.example)/);
    }
  });

  test('offer the fields of a discriminator before those of its generator', async () => {
    const { body } = await get('/models/trial/discriminator');
    const [detect, fill] = [
      body.indexOf('data-widget="detect"'),
      body.indexOf('data-widget="fill-mask"'),
    ];
    expect(detect).toBeGreaterThan(0);
    expect(fill).toBeGreaterThan(detect);
    expect(body).toContain('This folder has no README.md to show.');
  });

  test('follow a README.md that changes', async () => {
    await writeFile(join(root, 'other/sentiment/README.md'), 'one');
    expect((await get('/models/other/sentiment')).body).toContain('<p>one</p>');
    await writeFile(join(root, 'other/sentiment/README.md'), 'another');
    expect((await get('/models/other/sentiment')).body).toContain('<p>another</p>');
  });

  test.each([
    ['/models/no/model', 404],
    ['/models/..%2f..%2fetc/passwd', 404],
    ['/models/%3Cscript%3E/x', 404],
    ['/runs/none', 404],
    ['/runs/..%2ftrial', 404],
    ['/runs/none/metrics', 404],
    ['/page/main.js', 404],
    ['/page/..%2fmain.ts', 404],
  ])('answer %s with %i and repeat nothing unescaped', async (url, status) => {
    const { statusCode, body } = await get(url);
    expect(statusCode).toBe(status);
    expect(body).not.toContain('<script>');
  });

  test('believe no host name that is none', async () => {
    const { body } = await get('/models/trial/generator', { host: `x'"><b>` });
    expect(body).toContain('curl http://localhost/models/trial/generator');
  });

  test('are small: the first view is under 100 kB gzipped', async () => {
    const page = await get('/models/trial/generator');
    const files = [...page.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(
      ([, url = '']) => url,
    );
    expect(files).toHaveLength(3);
    const answers = [page, ...(await Promise.all(files.map((url) => get(url))))];
    const bytes = answers.map(({ rawPayload }) => gzipSync(rawPayload).length);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(100_000);
  });

  test('are sent compressed to those who take it, files to be kept for ever', async () => {
    const plain = await get('/models');
    const zipped = await get('/models', { 'accept-encoding': 'br, gzip' });
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
    expect((await get('/models', { 'accept-encoding': 'gzip;q=0' })).headers).not.toHaveProperty(
      'content-encoding',
    );
    const [, script = ''] = /src="(\/page\/main-[\da-f]{10}\.js)"/.exec(plain.body) ?? [];
    const { headers, rawPayload } = await get(script, { 'accept-encoding': 'gzip' });
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(gunzipSync(rawPayload).toString()).toBe((await get(script)).body);
    const curves = await get('/runs/trial/metrics', { 'accept-encoding': 'gzip' });
    expect(curves.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'no-store',
    });
    expect(JSON.parse(gunzipSync(curves.rawPayload).toString()).lines).toHaveLength(4);
  });

  test('give the curves of a run, whole and then what is new', async () => {
    const first = (await get('/runs/trial/metrics')).json();
    expect(first.lines).toHaveLength(4);
    expect(first).toMatchObject({ isWhole: true, totalSteps: 400, isLive: true, hasMore: false });
    const next = (await get(`/runs/trial/metrics?after=${first.cursor}`)).json();
    expect(next).toMatchObject({ isWhole: false, lines: [] });
    expect((await get('/runs/trial/metrics?after=a&after=b')).statusCode).toBe(200);
  });
});
