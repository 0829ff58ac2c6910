// Connections that carry no request. Node's closeIdleConnections leaves alone those that never carried one, such as a
// browser opens in advance or a client leaves behind that gave up early; they would hold up the server's end.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** @returns ends all connections of the server that carry no request at that moment */
export function unusedConnections(server: Server): () => void {
  const requests = new Map<Socket, number>();
  server.on('connection', (socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  const count = (socket: Socket, change: number): void => {
    const before = requests.get(socket);
    if (before !== undefined) requests.set(socket, before + change);
  };
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });
  return () => {
    for (const [socket, underWay] of requests) if (underWay === 0) socket.destroy();
  };
}
