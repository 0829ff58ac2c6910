// The page in a real browser, over a server with canned answers.

import { appendFile, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { line, pageServer, type TestPages, writePages } from './page.test-support.js';
import { browserPath, launch, openPage, type WatchedPage } from './page-browser.test-support.js';

/** The words as a reader sees them. */
const seen = async (part: Locator): Promise<string> => (await part.allInnerTexts()).join('\n');

if (!browserPath)
  test.skip('the page in a browser: none found (Debian package chromium)', () => {});

(browserPath ? describe : describe.skip)('the page in a browser', () => {
  let root: string;
  let pages: TestPages;
  let app: FastifyInstance;
  let origin: string;
  let browser: Browser;
  let watched: WatchedPage | undefined;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'alectra-browser-'));
    pages = await writePages(root);
    app = await pageServer(pages.catalogue);
    origin = await app.listen({ host: '127.0.0.1', port: 0 });
    browser = await launch();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await rm(root, { recursive: true, force: true });
  }, 240_000);
  afterEach(async () => {
    await watched?.close();
    watched = undefined;
  });

  const visit = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    watched = await openPage(browser, origin, options);
    await watched.page.goto(origin + path);
    return watched.page;
  };
  const expectNoFault = (): void => expect(watched?.faults).toEqual([]);
  const field = (page: Page, title: string) => page.getByRole('region', { name: title });

  test('loads without an error or a foreign request, whatever the card holds', async () => {
    const page = await visit('/models/trial/generator');
    await page.getByRole('heading', { name: 'A small network' }).waitFor();
    await page.locator('figure svg').first().waitFor();
    expect(await page.title()).toBe('trial/generator');
    expectNoFault();
  }, 240_000);

  test('is under 100 kB gzipped at first view, counted on the wire', async () => {
    watched = await openPage(browser, origin);
    const sizes: Promise<number>[] = [];
    watched.page.on('requestfinished', (request) => {
      sizes.push(request.sizes().then((size) => size.responseBodySize + size.responseHeadersSize));
    });
    await watched.page.goto(`${origin}/models/trial/generator`);
    await watched.page.locator('figure svg').first().waitFor();
    const bytes = (await Promise.all(sizes)).reduce((a, b) => a + b);
    expect(sizes.length).toBeGreaterThanOrEqual(5);
    expect(bytes).toBeLessThan(100_000);
  }, 240_000);

  test('fills a mask: bars, JSON and the curl of this very request', async () => {
    const page = await visit('/models/trial/generator');
    const fill = field(page, 'Fill the mask');
    expect(await fill.getByLabel('Text').inputValue()).toBe('The capital of [MASK] is Paris.');
    await fill.getByRole('button', { name: 'Compute' }).click();
    await fill.getByRole('tab', { name: 'Bars' }).waitFor();
    expect(await fill.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^france\s+0\.500$/),
      expect.stringMatching(/^<b>&\s+0\.250$/),
    ]);
    const lengths = await fill
      .locator('.bar-length')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    expect((lengths[1] ?? 0) / (lengths[0] ?? 1)).toBeCloseTo(0.5, 1);
    expect(await fill.getByText('12 ms on cpu.').isVisible()).toBe(true);
    await fill.getByRole('tab', { name: 'JSON' }).click();
    const json = await seen(fill.getByRole('tabpanel').locator('pre'));
    expect(JSON.parse(json)).toMatchObject([{ token_str: 'france' }, { token_str: '<b>&' }]);
    await fill.getByRole('tab', { name: 'curl' }).click();
    expect(await seen(fill.getByRole('tabpanel').locator('pre'))).toBe(
      `curl ${origin}/models/trial/generator/pipeline/fill-mask \\\n` +
        `  -H 'Content-Type: application/json' \\\n` +
        `  -d '{"inputs":"The capital of [MASK] is Paris."}'`,
    );
    expect(new URL(page.url()).searchParams.get('text')).toBe('The capital of [MASK] is Paris.');
    await page.locator('.title [data-state=Loaded]').waitFor();
    expectNoFault();
  }, 240_000);

  test('copies what it shows', async () => {
    const page = await visit('/models/trial/generator', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const usage = field(page, 'Use it');
    await usage.getByRole('tab', { name: 'Python' }).click();
    await usage.getByRole('button', { name: 'Copy the Python snippet' }).click();
    await usage.getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toContain(`InferenceClient(model="${origin}/models/trial/generator")`);
    expect(copied).toContain('"The capital of [MASK] is Paris."');
  }, 240_000);

  test('shows a group of bars for each mask, and takes the text from the address', async () => {
    const page = await visit('/models/trial/generator?text=%5BMASK%5D%20and%20%5BMASK%5D');
    const fill = field(page, 'Fill the mask');
    await fill.getByRole('button', { name: 'Compute' }).click();
    await fill.getByRole('heading', { name: 'Mask 2' }).waitFor();
    expect(await fill.getByRole('listitem').count()).toBe(4);
    expect(await seen(field(page, 'Use it').locator('pre:visible'))).toContain('[MASK] and [MASK]');
  }, 240_000);

  test('shows refusals in words: overload, an empty text, a missing token and its entry', async () => {
    const page = await visit('/models/trial/generator');
    const fill = field(page, 'Fill the mask');
    const compute = async (text: string): Promise<void> => {
      await fill.getByLabel('Text').fill(text);
      await fill.getByRole('button', { name: 'Compute' }).click();
    };
    await compute('busy [MASK]');
    await fill.getByText('Too many requests Try again in 2 s.').waitFor();
    await compute(' ');
    await fill.getByText('There is no text yet').waitFor();
    await compute('locked [MASK]');
    await fill.getByLabel('Access token').fill('secret');
    await page.keyboard.press('Enter');
    await fill.getByRole('listitem').first().waitFor();
  }, 240_000);

  test('is used with the keyboard alone', async () => {
    const page = await visit('/models/trial/generator');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    const reached: string[] = [];
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate(
          `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim().slice(0, 30)`,
        ),
      );
    }
    for (const name of [
      'Examples',
      '[MASK]',
      'Compute',
      'Corrupt with the generator',
      'Copy the TypeScript snippet',
    ])
      expect(reached).toContain(name);
    const fill = field(page, 'Fill the mask');
    await fill.getByLabel('Text').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('A [MASK].');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-widget=fill-mask][aria-busy=false]').waitFor();
    await fill.getByRole('tab', { name: 'Bars' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('JSON');
    expect(await fill.getByRole('tabpanel').locator('pre').isVisible()).toBe(true);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('curl');
    expectNoFault();
  }, 240_000);

  test('shows how likely each token was replaced, in colour, in words and as a table', async () => {
    const page = await visit('/models/trial/discriminator');
    const detect = field(page, 'Find replaced tokens');
    await detect.getByRole('button', { name: 'Compute' }).click();
    await detect.locator('.heat-map').waitFor();
    expect(await seen(detect.locator('.heat-map'))).toBe(
      'This package banana the files of a folder.',
    );
    expect(await detect.locator('.heat-map [data-marked]').allInnerTexts()).toEqual(['banana']);
    const colours = await page.evaluate(
      `[...document.querySelectorAll('.heat-map .heat')].slice(1, 3).map((span) => getComputedStyle(span).backgroundColor)`,
    );
    expect(colours).toEqual(['rgba(201, 92, 0, 0.07)', 'rgba(201, 92, 0, 0.63)']);
    await detect.locator('.heat-map .heat').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await seen(detect.locator('.said'))).toBe('“banana”: 90.0 % replaced');
    await detect.getByRole('slider').fill('5');
    expect(await detect.locator('.heat-map [data-marked]').count()).toBe(9);
    await detect.getByText('As a table').click();
    expect(await seen(detect.getByRole('row').nth(3))).toMatch(/^banana\s+90\.0 %/);
    expectNoFault();
  }, 240_000);

  test('lets the generator corrupt the text, and says what stood there', async () => {
    const page = await visit('/models/trial/discriminator');
    await page.addInitScript('Math.random = () => 0.99'); // the last word, and the most likely answer but one
    await page.reload();
    const detect = field(page, 'Find replaced tokens');
    await detect.getByLabel('Text').fill('One two three.');
    for (let presses = 0; presses < 3; presses++) {
      await detect.getByRole('button', { name: 'Corrupt with the generator' }).click();
      await page.locator('[data-widget=detect][aria-busy=false]').waitFor();
      // each press begins with the text that was written, so one word is replaced and not two
      expect(await detect.locator('ruby').count()).toBe(1);
    }
    expect(await seen(detect.locator('rt'))).toBe('three');
    expect(await detect.getByLabel('Text').inputValue()).toBe('One two <b>&.');
    expect(await seen(detect.locator('.summary'))).toBe(
      '0 of 4 drawn tokens marked, and 0 of the 3 others.',
    );
    expectNoFault();
  }, 240_000);

  test('classifies', async () => {
    const page = await visit('/models/other/sentiment');
    const classify = field(page, 'Classify');
    await classify.getByLabel('Second sentence').fill('another');
    await classify.getByRole('button', { name: 'Compute' }).click();
    expect(await seen(classify.getByRole('listitem').first())).toMatch(/^POSITIVE\s+0\.900$/);
    await classify.getByRole('tab', { name: 'curl' }).click();
    expect(await seen(classify.locator('pre:visible'))).toContain('"text_pair":"another"');
    expectNoFault();
  }, 240_000);

  test('draws the curves of a run and goes on while it trains', async () => {
    const metrics = join(pages.run.folder, 'metrics.jsonl');
    await utimes(metrics, new Date(), new Date()); // it was written when the tests began
    const page = await visit('/runs/trial');
    const chart = page.locator('figure[data-metric=generatorLoss]');
    await chart.waitFor();
    expect(await page.getByText('live', { exact: true }).isVisible()).toBe(true);
    expect(await page.getByText('Step 200 of 400').isVisible()).toBe(true);
    expect(await chart.getByRole('img').getAttribute('aria-label')).toBe(
      'Generator loss, nats: training from 8 to 7, held out from 9 to 7.1, token frequencies 6',
    );
    const points = async (): Promise<number> =>
      (await chart.locator('path.train').getAttribute('d'))?.match(/[ML]/g)?.length ?? 0;
    expect(await points()).toBe(2);
    await appendFile(metrics, line(300, 6.5));
    await page.getByText('Step 300 of 400').waitFor();
    expect(await points()).toBe(3);
    await chart.getByRole('img').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await seen(chart.locator('.said'))).toBe('step 200: training 7, held out 7.1');
    await page.getByLabel('logarithmic').check();
    await page.getByText('Held-out figures as a table').click();
    expect(await seen(page.getByRole('row').nth(2))).toMatch(/^200\s+7\.1/);
    await appendFile(metrics, line(400, 6.2));
    await page.getByText('done').waitFor();
    expect(await page.getByText('live', { exact: true }).isVisible()).toBe(false);
    expectNoFault();
  }, 240_000);

  test.each([320, 768])(
    'has nothing wider than a screen of %i pixels',
    async (width) => {
      const page = await visit('/models/trial/generator', { viewport: { width, height: 700 } });
      await field(page, 'Fill the mask').getByRole('button', { name: 'Compute' }).click();
      await page.getByRole('tab', { name: 'Bars' }).waitFor();
      await page.locator('figure svg').first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      );
      expectNoFault();
    },
    240_000,
  );

  test.each(['light', 'dark'] as const)(
    'is legible in the %s scheme',
    async (colorScheme) => {
      const page = await visit('/models/trial/generator', { colorScheme });
      await field(page, 'Fill the mask').getByRole('button', { name: 'Compute' }).click();
      await page.getByRole('tab', { name: 'Bars' }).waitFor();
      const ratios = await page.evaluate<Record<string, number>>(CONTRASTS);
      expect(Object.keys(ratios).length).toBeGreaterThan(10);
      for (const [text, ratio] of Object.entries(ratios))
        expect({ text, ok: ratio >= 4.5 }).toEqual({ text, ok: true });
      const dark = await page.evaluate(`getComputedStyle(document.body).backgroundColor`);
      expect(dark).toBe(colorScheme === 'dark' ? 'rgb(15, 17, 21)' : 'rgb(246, 247, 249)');
    },
    240_000,
  );

  test('shows the card and its tables without JavaScript', async () => {
    const page = await visit('/models/trial/generator', { javaScriptEnabled: false });
    expect(await page.getByRole('cell', { name: '50.6' }).isVisible()).toBe(true);
    expect(await page.getByText('from huggingface_hub import').isVisible()).toBe(true);
  }, 240_000);
});

/** WCAG contrast of every element's own words with the background they stand on, by a part of the words. */
const CONTRASTS = `(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const ratios = {};
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (words === '' || element.closest('svg, noscript, script') || element.checkVisibility?.() === false) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    ratios[element.tagName + ' ' + words.slice(0, 30)] = (a + 0.05) / (b + 0.05);
  }
  return ratios;
})()`;
