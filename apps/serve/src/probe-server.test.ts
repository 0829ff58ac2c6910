import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer as listener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openCatalogue } from './catalogue.js';
import { probeServer } from './probe-server.js';
import { startProgram } from './program.test-support.js';
import { createServer } from './server.js';
import { get, post } from './server.test-support.js';
import { resolveSettings } from './settings.js';
import { tinyRuns } from './tiny-models.test-support.js';

jest.setTimeout(120_000);

let runs: string;
beforeAll(async () => {
  runs = await tinyRuns();
});
afterAll(() => rmSync(dirname(runs), { recursive: true }));

test('probes have a port of their own, which answers nothing else and closes with the server', async () => {
  const app = await createServer({
    catalogue: await openCatalogue([runs]),
    settings: resolveSettings({ logLevel: 'silent' }),
  });
  const probes = probeServer(app);
  await app.ready();
  await once(probes.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(probes.address() as AddressInfo).port}`;
  expect(await get(`${origin}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get(`${origin}/ready`)).toMatchObject({ status: 200, body: { ready: true } });
  expect((await get(`${origin}/metrics`)).body).toMatch(/alectra_queue_inputs 0\n/);
  const refused = { status: 404, body: { error: 'This port answers /health, /ready, /metrics' } };
  expect(await post(`${origin}/models/toy/generator`, 'a [MASK]')).toMatchObject(refused);
  expect(await get(`${origin}/`)).toMatchObject(refused);
  const closed = once(probes, 'close');
  await app.close();
  await closed;
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
