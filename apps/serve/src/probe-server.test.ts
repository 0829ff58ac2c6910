import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer as listener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { openCatalogue } from './catalogue.js';
import { probeServer } from './probe-server.js';
import { startProgram } from './program.test-support.js';
import { createServer } from './server.js';
import { get, post } from './server.test-support.js';
import { resolveSettings, type Settings } from './settings.js';
import { tinyRuns } from './tiny-models.test-support.js';

jest.setTimeout(120_000);

let runs: string;
let opened: FastifyInstance | undefined;
beforeAll(async () => {
  runs = await tinyRuns();
});
afterEach(() => opened?.close());
afterAll(() => rmSync(dirname(runs), { recursive: true }));

/** An app with its probes listening, not the app itself; its models are the worker that needs none. */
async function start(given: Partial<Settings> = {}): Promise<{
  readonly app: FastifyInstance;
  readonly server: ReturnType<typeof probeServer>;
  readonly port: number;
  readonly probes: string;
}> {
  const settings = resolveSettings({ ...given, logLevel: 'silent' });
  const app = await createServer({
    catalogue: await openCatalogue([runs]),
    settings,
    workerModule: new URL('./odd-worker.test-support.mjs', import.meta.url),
  });
  opened = app;
  const server = probeServer(app, settings);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // of a listening server
  return { app, server, port, probes: `http://127.0.0.1:${port}` };
}

test('probes have a port of their own, which answers nothing else and closes with the server', async () => {
  const { app, server, probes } = await start();
  expect(await get(`${probes}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get(`${probes}/health?x=1`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get(`${probes}/ready`)).toMatchObject({ status: 200, body: { ready: true } });
  expect((await get(`${probes}/metrics`)).body).toMatch(/alectra_queue_inputs 0\n/);
  const head = await fetch(`${probes}/ready`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
    200,
    String('{"ready":true}'.length),
    '',
  ]);
  const refused = {
    status: 404,
    body: { error: 'This port answers GET of /health, /ready, /metrics', error_type: 'NotFound' },
  };
  expect(await post(`${probes}/models/toy/generator`, 'a [MASK]')).toMatchObject(refused);
  expect(await post(`${probes}/health`, '')).toMatchObject(refused);
  for (const path of ['/', '/info', '/healthy', '/?/health'])
    expect(await get(`${probes}${path}`)).toMatchObject(refused);
  const closed = once(server, 'close');
  await app.close();
  await closed;
});

test('probes are answered while the last requests are, and say that no more are welcome', async () => {
  const { app, probes } = await start();
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const asked = post(`${origin}/models/toy/generator`, 'later 1500');
  const figures = async (): Promise<string> => String((await get(`${probes}/metrics`)).body);
  while (!(await figures()).includes('alectra_queue_inputs 1\n')) await sleep(20);
  const closed = app.close();
  expect(await get(`${probes}/ready`)).toMatchObject({ status: 503, body: { ready: false } });
  expect(await get(`${probes}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get(`${probes}/metrics`)).toMatchObject({
    status: 200,
    body: expect.stringContaining('alectra_queue_inputs 1\n'),
  });
  expect(await asked).toMatchObject({ status: 200, body: 'later 1500' });
  await closed;
  await expect(get(`${probes}/health`)).rejects.toThrow('fetch failed');
});

test('few connections are let in, and none that says nothing, says half or does not read is kept', async () => {
  const { server, port, probes } = await start({
    maxConnections: 5,
    requestSeconds: 1,
    idleSeconds: 1,
  });
  const open = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  const dial = async (said = ''): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined); // it is cut off
    await once(socket, 'connect');
    socket.write(said);
    return socket;
  };
  const ask = 'GET /metrics HTTP/1.1\r\nhost: x\r\n';
  const crowds = [
    Array.from({ length: 300 }, () => ''),
    [ask, `${ask}\r\n`, `${ask}\r\n`.repeat(1000)],
  ];
  for (const crowd of crowds) {
    const sockets = await Promise.all(crowd.map(dial));
    await sleep(200);
    expect(await open()).toBe(Math.min(5, crowd.length));
    while ((await open()) > 0) await sleep(20); // else the test hangs
    expect(await get(`${probes}/health`)).toMatchObject({ status: 200 });
    for (const socket of sockets) socket.destroy();
    while ((await open()) > 0) await sleep(20);
  }
});

test('the program says where its probes are, and ends when their port is taken', async () => {
  const program = await startProgram([runs, '--probe-port', '0']);
  expect(await get(`${program.probes}/health`)).toMatchObject({ status: 200 });
  program.signal('SIGTERM');
  expect(await program.ended()).toBe(0);

  const other = listener().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(startProgram([runs, '--probe-port', String(port)])).rejects.toThrow(
    /did not start: .*EADDRINUSE/,
  );
  other.close();
});
