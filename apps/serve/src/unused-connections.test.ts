import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { unusedConnections } from './unused-connections.js';

test('a silent and an answered connection are ended, one whose request is under way is not', async () => {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('done');
  });
  const endUnused = unusedConnections(server);
  await once(server.listen(0), 'listening');
  const { port } = server.address() as AddressInfo; // of a listening server
  const open = async (path?: string): Promise<Socket> => {
    const socket = connect(port);
    await once(socket, 'connect');
    if (path !== undefined) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  };
  const [silent, answered, busy] = [await open(), await open('/'), await open('/held')];
  await once(answered, 'data');
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));

  const ended = Promise.all([once(silent, 'close'), once(answered.resume(), 'close')]);
  silent.resume();
  endUnused();
  await ended;
  held[0]?.end('late');
  expect(String((await once(busy, 'data'))[0])).toContain('late');
  busy.destroy();
  server.close();
});
