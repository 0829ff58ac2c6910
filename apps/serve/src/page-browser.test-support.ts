// A real browser for tests: Chromium or Chrome where PATH has one, as Debian's package does.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Undefined where there is none; tests are then skipped and say so. */
export const browserPath: string | undefined = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) =>
    ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) =>
      join(folder, name),
    ),
  )
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** How long a step may take where many other things compute; no test asserts a time. */
const WAIT_MS = 120_000;

/** Without its sandbox, which it refuses to root (as whom containers run), and without emulating a GPU. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-software-rasterizer'],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** What no page may cause: console errors, exceptions, failed or foreign requests, blocked content. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** A page in a fresh profile, every fault of which is noted. A foreign request is stopped. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await context.route('**', (route) => {
    const url = route.request().url();
    if (url.startsWith(`${origin}/`)) return route.continue();
    faults.push(`foreign request: ${url}`);
    return route.abort();
  });
  return { page, faults, close: () => context.close() };
}
