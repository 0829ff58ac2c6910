// A server on a free port for tests, with its log kept.

import type { Server } from 'node:http';
import { openCatalogue } from './catalogue.js';
import { createServer } from './server.js';
import { resolveSettings, type Settings } from './settings.js';

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Node's, for what it knows of its connections. */
  readonly server: Server;
  /** Lines of the log, parsed. */
  readonly log: Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

export interface TestServerOptions extends Partial<Settings> {
  /** Use the worker that needs no model. */
  readonly odd?: boolean;
}

export async function startServer(
  sources: readonly string[],
  { odd = false, ...settings }: TestServerOptions = {},
): Promise<TestServer> {
  const log: Readonly<Record<string, unknown>>[] = [];
  const app = await createServer({
    catalogue: await openCatalogue(sources),
    settings: resolveSettings({ threads: 1, warmUp: false, ...settings, port: 0 }),
    logStream: { write: (line) => log.push(JSON.parse(line)) },
    ...(odd && { workerModule: new URL('./odd-worker.test-support.mjs', import.meta.url) }),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    server: app.server,
    port: Number(new URL(url).port),
    log,
    close: () => app.close(),
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, if it is JSON. */
  readonly body: unknown;
}

/** POSTs JSON, or bytes as they are. */
export async function post(
  url: string,
  body: unknown,
  { headers = {}, ...init }: RequestInit = {},
): Promise<Reply> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method: 'POST',
    ...init,
    headers: { ...(!isRaw && { 'content-type': 'application/json' }), ...headers },
    body: isRaw ? (body as string) : JSON.stringify(body),
  });
  return replyOf(response);
}

export async function get(url: string, init: RequestInit = {}): Promise<Reply> {
  return replyOf(await fetch(url, init));
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}
