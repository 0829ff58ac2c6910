// The page's script and style, made from page/ when the server starts: bundled, minified, compressed, and named by
// their content, so that a browser may keep them for ever.

import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export interface Asset {
  /** `main-0123456789.js`. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
}

export interface PageAssets {
  readonly script: Asset;
  readonly style: Asset;
  readonly icon: Asset;
}

const SOURCES = fileURLToPath(new URL('../page/', import.meta.url));

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fbf"/><rect x="6" y="13" width="5" height="6" rx="1.5" fill="#fff"/><rect x="13.5" y="13" width="5" height="6" rx="1.5" fill="#f2a65a"/><rect x="21" y="13" width="5" height="6" rx="1.5" fill="#fff"/></svg>`;

/** Bundles page/main.ts and page/main.css, in a fraction of a second. @throws if the sources do not compile */
export async function buildAssets(): Promise<PageAssets> {
  const { outputFiles } = await build({
    absWorkingDir: SOURCES,
    entryPoints: ['main.ts', 'main.css'],
    outdir: SOURCES, // names the files; nothing is written
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox114', 'safari16.4'],
    charset: 'utf8',
    logLevel: 'silent',
    tsconfigRaw: {},
  });
  const output = (extension: string): Uint8Array => {
    const file = outputFiles.find(({ path }) => path.endsWith(extension));
    if (!file) throw new Error(`serve: the page has no ${extension} file: esbuild wrote none.`);
    return file.contents;
  };
  return {
    script: asset('main', 'js', 'text/javascript; charset=utf-8', output('.js')),
    style: asset('main', 'css', 'text/css; charset=utf-8', output('.css')),
    icon: asset('icon', 'svg', 'image/svg+xml', Buffer.from(ICON)),
  };
}

function asset(name: string, extension: string, type: string, contents: Uint8Array): Asset {
  const bytes = Buffer.from(contents);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
  return {
    name: `${name}-${hash}.${extension}`,
    type,
    bytes,
    gzipped: gzipSync(bytes, { level: 9 }),
  };
}
