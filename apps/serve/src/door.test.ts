import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { FastifyServerFactory } from 'fastify';
import { serverWithDoor } from './door.js';
import { HttpFault } from './http-fault.js';

let server: ReturnType<FastifyServerFactory>;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

async function startDoor(handler: RequestListener, isFull = (): boolean => false): Promise<void> {
  const make = serverWithDoor({
    refusal: () => (isFull() ? new HttpFault(429, 'Overloaded', 'full') : undefined),
    headers: {},
    keepAliveTimeout: 10_000,
    requestTimeout: 10_000,
    maxConnections: 10,
  });
  server = make(handler, { http: {} } as Parameters<FastifyServerFactory>[1]);
  await once(server.listen(0, '127.0.0.1'), 'listening');
}

async function open(): Promise<Socket> {
  const { port } = server.address() as AddressInfo; // of a listening server
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const line = (method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('V9: a probe is let in before those that came with it, and they one after the other', async () => {
  const asked: string[] = [];
  await startDoor((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  const crowd = Array.from({ length: 20 }, (_, i) => `/models/a/${i}`);
  const requests =
    crowd.map((path) => line('POST', path)).join('') + line('GET', '/health?of=door');
  const socket = (await open()).resume();
  socket.write(requests); // one packet: all of it is there in one turn
  while (asked.length < 21) await nextTurn();
  expect(asked).toEqual(['/health?of=door', ...crowd]);
});

test('V9: a full server refuses who asks for a model, and nobody else', async () => {
  const asked: string[] = [];
  await startDoor(
    (request, response) => {
      asked.push(request.url ?? '');
      response.end();
    },
    () => true,
  );
  const socket = await open();
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  socket.write(line('POST', '/models/a/b') + line('GET', '/models/a/b') + line('POST', '/other'));
  while (heard.split('HTTP/1.1').length < 4) await nextTurn();
  expect(asked).toEqual(['/models/a/b', '/other']);
  expect(heard).toMatch(/^HTTP\/1\.1 429 [\s\S]*"error":"full"/);
});

test('V10: who left while others had their turn is not asked for', async () => {
  const asked: IncomingMessage[] = [];
  await startDoor((request, response) => {
    asked.push(request);
    // at the first turn: the others of its connection still wait for theirs
    request.socket.destroy();
    response.end();
  });
  const socket = await open();
  socket.write(['/a', '/b', '/c'].map((path) => line('GET', path)).join(''));
  await once(socket, 'close');
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  expect(asked.map(({ url }) => url)).toEqual(['/a']);
});
