// What the HTTP side does with requests of every kind, before any model sees them. The worker answers a text by itself.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { get, post, startServer, type TestServer } from './server.test-support.js';
import { tinyRuns } from './tiny-models.test-support.js';

jest.setTimeout(120_000);

let runs: string;
let server: TestServer;
let url: string;
beforeAll(async () => {
  runs = await tinyRuns();
  server = await startServer([runs], { odd: true, bodyBytes: 2000, requestSeconds: 2 });
  url = `${server.url}/models/toy/generator`;
});
afterAll(async () => {
  await server.close();
  rmSync(dirname(runs), { recursive: true });
});

/** Writes bytes to a socket and returns what comes back until the other side closes it. */
const raw = (...chunks: readonly (string | Uint8Array)[]): Promise<string> =>
  rawTo(server.port, ...chunks);

function rawTo(port: number, ...chunks: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    for (const chunk of chunks) socket.write(chunk);
  });
}

const head = (...headers: string[]): string =>
  ['POST /models/toy/generator HTTP/1.1', 'host: x', ...headers, '', ''].join('\r\n');

describe('bodies', () => {
  const JSON_TYPE = { 'content-type': 'application/json' };

  test('V1: the limit counts bytes, not characters, and one byte more is 413', async () => {
    const envelope = '{"inputs":""}'.length;
    const fits = `{"inputs":"${'é'.repeat((2000 - envelope - 1) / 2)}"}`;
    expect(Buffer.byteLength(fits)).toBe(1999);
    expect(await post(url, fits, { headers: JSON_TYPE })).toMatchObject({ status: 200 });
    const tooLarge = await post(url, `${fits}  `, { headers: JSON_TYPE });
    expect(tooLarge).toMatchObject({ status: 413, body: { error_type: 'TooLarge' } });
  });

  test('V1: a body announced too large is refused before it arrives', async () => {
    expect(await raw(head('content-length: 2001', 'connection: close'))).toMatch(/^HTTP\/1.1 413 /);
  });

  test('V1: chunks without end are cut off at the limit', async () => {
    const endless = Array.from({ length: 10 }, () => `200\r\n${'x'.repeat(512)}\r\n`);
    expect(await raw(head('transfer-encoding: chunked'), ...endless)).toMatch(/^HTTP\/1.1 413 /);
  });

  test('V4: a body shorter than announced never becomes a request', async () => {
    expect(await raw(head('content-length: 100'), '{"inputs":"a"}')).toMatch(
      /^HTTP\/1.1 408 [\s\S]*"error_type":"Timeout"/,
    );
  });

  test.each(['gzip', 'br', 'deflate, gzip', 'zstd'])(
    'V1: content encoding %s is 415',
    async (encoding) => {
      const reply = await post(url, 'x', { headers: { 'content-encoding': encoding } });
      expect(reply).toMatchObject({ status: 415, body: { error_type: 'Unsupported' } });
    },
  );

  test.each([
    ['malformed', '{"inputs":'],
    ['empty', ''],
    ['with a key twice', '{"inputs":"a","inputs":"b"}'],
    ['deep', `${'['.repeat(900)}${']'.repeat(900)}`],
    ['a number', '12'],
    ['null', 'null'],
    ['an object without inputs', '{}'],
    ['with __proto__', '{"inputs":"a","__proto__":{"x":1}}'],
    ['with constructor', '{"inputs":"a","constructor":{"prototype":{"x":1}}}'],
    ['a list of numbers', '[1,2]'],
    ['invalid UTF-8', Uint8Array.from([0x22, 0xff, 0x22])],
  ])('V2, V3: JSON that is %s is 400', async (_, body) => {
    const reply = await post(url, body, { headers: JSON_TYPE });
    expect(reply).toMatchObject({
      status: 400,
      body: { error: expect.any(String), error_type: 'Validation' },
    });
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test.each([
    ['a bare string', '"a"', 'a'],
    ['a lone surrogate', '{"inputs":"\\ud800"}', '\ud800'],
    ['NUL', '{"inputs":"a\\u0000b"}', 'a\0b'],
    ['combining marks', JSON.stringify({ inputs: '\u0301'.repeat(900) }), '\u0301'.repeat(900)],
    ['a byte order mark', '\ufeff"a"', 'a'],
  ])('V2: %s is a text', async (_, body, answer) => {
    expect(await post(url, body, { headers: JSON_TYPE })).toMatchObject({
      status: 200,
      body: answer,
    });
  });

  test('V2: ten megabytes of one combining mark are 413, and the server answers on', async () => {
    const marks = '\u0301'.repeat(5_000_000);
    const reply = await post(url, marks).catch(() => undefined); // cut off while it was still sending
    expect(reply?.status ?? 413).toBe(413);
    expect(await get(`${server.url}/health`)).toMatchObject({ status: 200 });
  });

  test('V2: a bare list of texts is a list', async () => {
    expect((await post(url, ['a', 'b'])).body).toEqual(['a', 'b']);
  });

  test.each([
    ['{"inputs": "The goal of life is [MASK]."}', 'The goal of life is [MASK].'],
    ['The goal of life is [MASK].', 'The goal of life is [MASK].'],
    ['12', '12'],
    ['{"inputs": broken', '{"inputs": broken'],
  ])('without a JSON content type %s is taken as it can be', async (body, answer) => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/octet-stream',
    ])
      expect((await post(url, body, { headers: { 'content-type': type } })).body).toBe(answer);
    const bare = await raw(head(`content-length: ${body.length}`, 'connection: close'), body);
    expect(bare).toContain(`\r\n\r\n${JSON.stringify(answer)}`);
  });
});

describe('the protocol', () => {
  test('V4: headers that trickle are cut off by the server, not by patience', async () => {
    expect(await raw('POST / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1.1 408 /);
  }, 45_000); // Node's own limit is a minute

  test('V5: large headers are 431, contradictory lengths 400, both in our form', async () => {
    expect(await raw(head(`x-large: ${'a'.repeat(20_000)}`))).toMatch(
      /^HTTP\/1.1 431 [\s\S]*"error_type":"TooLarge"/,
    );
    expect(await raw(head('content-length: 3', 'transfer-encoding: chunked'), 'abc')).toMatch(
      /^HTTP\/1.1 400 [\s\S]*"error_type":"Validation"/,
    );
    expect(await raw('\0\0\0\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw('HEAD nothing HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 [^{]*\r\n\r\n$/,
    );
  });

  test('V5: pipelined requests are answered in order', async () => {
    const one = (text: string, close = ''): string =>
      `${head(`content-length: ${text.length}`, ...(close ? [close] : []))}${text}`;
    const answers = await raw(one('later 200') + one('b') + one('c', 'connection: close'));
    expect(answers.match(/"(?:later 200|b|c)"/g)).toEqual(['"later 200"', '"b"', '"c"']);
  });

  test('V5: HEAD, other methods and other paths', async () => {
    const headReply = await fetch(`${server.url}/health`, { method: 'HEAD' });
    expect([headReply.status, await headReply.text()]).toEqual([200, '']);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect(await get(url, { method })).toMatchObject({
        status: 404,
        body: { error_type: 'NotFound' },
      });
    expect(await get(`${server.url}/nothing`)).toMatchObject({ status: 404 });
    expect(await raw('BREW / HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  });

  test('V4: a client that does not read its answer is given up', async () => {
    const givenUp = once(server.server, 'connection').then(([ours]) => once(ours, 'close'));
    const socket = connect(server.port, '127.0.0.1');
    const body = 'large';
    socket.write(`${head(`content-length: ${body.length}`)}${body}`);
    await givenUp;
    expect((await get(`${server.url}/metrics`)).body).toMatch(/alectra_queue_inputs 0\n/);
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('error', () => undefined); // cut off in the middle
    await new Promise((resolve) => socket.on('close', resolve));
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(32e6);
  });

  test('V4: a connection that is kept and not used is closed', async () => {
    const brief = await startServer([runs], { odd: true, idleSeconds: 0.3 });
    const answer = await rawTo(brief.port, 'GET /ready HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: keep-alive/i);
    await brief.close();
  });

  test('V4: connections beyond the limit are closed, those within it are not', async () => {
    const small = await startServer([runs], { odd: true, maxConnections: 2 });
    const kept = [1, 2].map(() => connect(small.port, '127.0.0.1'));
    const open = (): Promise<number> =>
      new Promise((resolve) =>
        small.server.getConnections((_, count) => {
          resolve(count);
        }),
      );
    while ((await open()) < 2) await sleep(10);
    const ask = 'GET /ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    expect(await rawTo(small.port, ask).catch(() => '')).toBe('');
    kept[0]?.destroy();
    while ((await open()) > 1) await sleep(10);
    expect(await rawTo(small.port, ask)).toMatch(/^HTTP\/1.1 200 /);
    kept[1]?.destroy();
    await small.close();
  });

  test('V4: a thousand idle connections do not keep others out', async () => {
    const sockets = Array.from({ length: 1000 }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.on('connect', resolve))),
    );
    expect(await get(`${server.url}/health`)).toMatchObject({ status: 200 });
    for (const socket of sockets) socket.destroy();
  });
});

describe('V6: names of models', () => {
  test.each([
    ['/models/../../etc/passwd', 404],
    ['/models/%2e%2e/generator', 400],
    ['/models/..%2f..%2fetc/passwd', 400],
    ['/models/toy/..%2fgenerator', 400],
    ['/models/toy/generator%00', 400],
    ['/models/toy/%67enerator', 200],
    ['/models/a/b/c', 404],
    [`/models/toy/${'a'.repeat(97)}`, 400],
    [`/models/toy/${'a'.repeat(300)}`, 400],
    ['/models/toy/gene--rator', 400],
    ['/models/toy/generator.', 400],
    ['/models/tоy/generator', 400], // Cyrillic o
    ['/models/toy/%ff', 400],
    ['/models/toy/other', 404],
    ['/models/toy/generator/pipeline/nothing', 404],
    ['/models/toy/generator/pipeline/text-classification', 400],
    ['/models/constructor/__proto__', 404],
  ])('%s is %i', async (path, status) => {
    const reply = await new Promise<{ status?: number; text: string }>((resolve, reject) => {
      // fetch would tidy the path
      const encoded = Buffer.from(path).toString('latin1');
      const request = httpRequest(
        { port: server.port, path: encoded, method: 'POST' },
        (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode, text }));
        },
      );
      request.on('error', reject);
      request.end('a');
    });
    expect([path, reply.status]).toEqual([path, status]);
    if (status !== 200) expect(JSON.parse(reply.text)).toMatchObject({ error: expect.any(String) });
    expect(reply.text).not.toContain(dirname(runs));
  });
});

describe('V13: the token', () => {
  let guarded: TestServer;
  beforeAll(async () => {
    guarded = await startServer([runs], { odd: true, token: 'correct horse', logLevel: 'debug' });
  });
  afterAll(() => guarded.close());

  test.each([undefined, 'Bearer wrong', 'correct horse', 'Basic correct horse'])(
    'authorization %s is 401',
    async (authorization) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      // a client may not send the trailing space
      if (authorization?.endsWith(' ')) return;
      const reply = await post(`${guarded.url}/models/toy/generator`, 'a', { headers });
      expect(reply).toMatchObject({ status: 401, body: { error_type: 'Unauthorized' } });
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  test('the right one is let in, probes need none, and the log holds none', async () => {
    const headers = { authorization: 'Bearer correct horse' };
    expect(await post(`${guarded.url}/models/toy/generator`, 'a', { headers })).toMatchObject({
      status: 200,
    });
    for (const path of ['health', 'ready', 'metrics', 'info', 'status/toy/generator'])
      expect((await get(`${guarded.url}/${path}`)).status).toBe(200);
    expect(JSON.stringify(guarded.log)).not.toContain('correct horse');
    expect(guarded.log).toContainEqual(
      expect.objectContaining({
        status: 401,
        req: { method: 'POST', path: '/models/toy/generator' },
      }),
    );
  });
});

describe('V5: other origins', () => {
  test('are kept out unless allowed', async () => {
    expect((await get(`${server.url}/info`)).headers.get('access-control-allow-origin')).toBeNull();
    const open = await startServer([runs], { odd: true, cors: 'https://example.org' });
    const reply = await get(`${open.url}/models/toy/generator`, { method: 'OPTIONS' });
    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://example.org');
    expect(reply.headers.get('access-control-allow-headers')).toContain('authorization');
    await open.close();
  });

  test('that are allowed may read that the token is missing', async () => {
    const cors = 'https://example.org';
    const open = await startServer([runs], { odd: true, cors, token: 'a' });
    const reply = await post(`${open.url}/models/toy/generator`, 'a');
    expect(reply.status).toBe(401);
    expect(reply.headers.get('access-control-allow-origin')).toBe(cors);
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await open.close();
  });
});

describe('what operators see', () => {
  test('metrics count requests, and every answer has an id and its line in the log', async () => {
    const reply = await post(url, 'seen');
    const id = reply.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const lines = server.log.filter(({ reqId }) => reqId === id);
    expect(lines).toMatchObject([{ status: 200, model: 'toy/generator', task: 'fill-mask' }]);
    expect(JSON.stringify(lines)).not.toContain('seen');
    const { body } = await get(`${server.url}/metrics`);
    expect(body).toMatch(
      /alectra_requests_total\{route="\/models\/:org\/:name",status="200"\} \d+/,
    );
    expect(body).toContain('process_resident_memory_bytes');
    expect(body).toMatch(/alectra_queue_inputs 0\n/);
  });
});
