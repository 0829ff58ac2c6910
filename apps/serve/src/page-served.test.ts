// The page in a real browser over the real server and networks that compute, small and random as they are.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { browserPath, launch, openPage } from './page-browser.test-support.js';
import { startServer, type TestServer } from './server.test-support.js';
import { tinyRuns } from './tiny-models.test-support.js';

(browserPath ? describe : describe.skip)('the page over the real server', () => {
  let runs: string;
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    runs = await tinyRuns();
    server = await startServer([runs]);
    browser = await launch();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(dirname(runs), { recursive: true, force: true });
  }, 240_000);

  test('opens on the generator, fills its mask, and the curl it shows gets the same answer', async () => {
    const { page, faults, close } = await openPage(browser, server.url);
    await page.goto(server.url);
    expect(new URL(page.url()).pathname).toBe('/models/toy/generator');
    await page.getByText('loads with the first request').waitFor();
    const fill = page.getByRole('region', { name: 'Fill the mask' });
    await fill.getByLabel('Text').fill('the [MASK] is old');
    await fill.getByRole('button', { name: 'Compute' }).click();
    await fill.getByRole('listitem').nth(4).waitFor();
    await page.locator('.title [data-state=Loaded]').waitFor();
    await fill.getByRole('tab', { name: 'curl' }).click();
    const [command = ''] = await fill.locator('pre:visible').allInnerTexts();
    await fill.getByRole('tab', { name: 'JSON' }).click();
    const [json = ''] = await fill.locator('pre:visible').allInnerTexts();
    expect(JSON.parse(json)).toHaveLength(5);
    expect(JSON.parse(await said(command))).toEqual(JSON.parse(json));
    expect(faults).toEqual([]);
    await close();
  }, 240_000);

  test('corrupts a text with the generator and shows what the discriminator says of it', async () => {
    const { page, faults, close } = await openPage(browser, server.url);
    await page.goto(`${server.url}/models/toy/discriminator`);
    const detect = page.getByRole('region', { name: 'Find replaced tokens' });
    await detect.getByLabel('Text').fill('the old cat likes the green house .');
    await detect.getByRole('button', { name: 'Corrupt with the generator' }).click();
    await detect.locator('.summary, [role=alert]').waitFor();
    expect(await detect.locator('.summary').allInnerTexts()).toEqual([
      expect.stringMatching(/^\d of \d+ drawn tokens marked, and \d of the \d others\.$/),
    ]);
    expect(await detect.getByLabel('Text').inputValue()).toMatch(/^\S+( \S+){7}$/);
    expect(faults).toEqual([]);
    await close();
  }, 240_000);
});

/** What the command prints. It runs beside this process, which answers it. */
const said = async (command: string): Promise<string> =>
  (await promisify(execFile)('sh', ['-c', command])).stdout;
