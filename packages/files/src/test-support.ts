// A local server that behaves like the Hugging Face hub, and badly on request.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface FakeFile {
  readonly content: Uint8Array;
  /** Stored as a large file: SHA-256, and served from another host by redirect. */
  readonly large?: boolean;
}

/** Called before the normal answer; returns true if it has answered. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FakeHub {
  readonly endpoint: string;
  /** `METHOD path range? auth?` of every request. */
  readonly log: string[];
  /** Removed by the test, or by itself. */
  misbehave: Misbehaviour | undefined;
  commit: string;
  close(): Promise<void>;
}

/** Serves `files` as the model repository `org/model`, revisions `main` and the commit. */
export async function fakeHub(files: Record<string, FakeFile>): Promise<FakeHub> {
  const cdn = createServer((request, response) => {
    note('cdn', request);
    if (hub.misbehave?.(request, response)) return;
    const file = files[decodeURIComponent((request.url ?? '').slice(1))];
    serve(file.content, request, response, {});
  });
  const main = createServer((request, response) => {
    note('hub', request);
    if (hub.misbehave?.(request, response)) return;
    const match = /^\/(?:datasets\/)?org\/model\/resolve\/([^/]+)\/(.+)$/.exec(
      decodeURIComponent(request.url ?? ''),
    );
    if (!match) return fail(response, 404, 'RepoNotFound');
    if (match[1] !== 'main' && match[1] !== hub.commit)
      return fail(response, 404, 'RevisionNotFound');
    const file = files[match[2]];
    if (!file) return fail(response, 404, 'EntryNotFound');
    const headers: Record<string, string> = { 'x-repo-commit': hub.commit };
    if (!file.large) {
      return serve(file.content, request, response, {
        ...headers,
        etag: `"${gitId(file.content)}"`,
      });
    }
    response.writeHead(302, {
      ...headers,
      'x-linked-etag': `"${createHash('sha256').update(file.content).digest('hex')}"`,
      'x-linked-size': String(file.content.length),
      etag: '"of-the-redirect"',
      location: `${origin(cdn)}/${encodeURIComponent(match[2])}`,
    });
    response.end();
  });
  const note = (host: string, { method, url, headers }: IncomingMessage): void => {
    const range = headers.range ? ` ${headers.range}` : '';
    hub.log.push(`${host} ${method} ${url}${range}${headers.authorization ? ' token' : ''}`);
  };
  const fail = (response: ServerResponse, status: number, code: string): void => {
    response.writeHead(status, { 'x-error-code': code, 'x-repo-commit': hub.commit });
    response.end();
  };
  await Promise.all([main, cdn].map(listen));
  const hub: FakeHub = {
    endpoint: origin(main),
    log: [],
    misbehave: undefined,
    commit: COMMIT,
    async close() {
      for (const server of [main, cdn]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return hub;
}

function serve(
  content: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
): void {
  const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = content.subarray(begin);
  const range = { 'content-range': `bytes ${begin}-${content.length - 1}/${content.length}` };
  response.writeHead(begin > 0 ? 206 : 200, {
    ...headers,
    ...(begin > 0 ? range : {}),
    'content-length': String(part.length),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

export function gitId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
