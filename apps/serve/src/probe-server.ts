// A port of its own for probes. New connections are accepted in the order in which they came: a probe that knocks while
// two thousand clients connect waits behind them, and here behind nobody.

import { createServer, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { faultBody, HttpFault } from './http-fault.js';

const PATHS: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

/**
 * Answers `/health`, `/ready` and `/metrics` as the app does, and nothing else, until the app has closed.
 *
 * @param app not ready yet; to be ready before the result listens
 */
export function probeServer(app: FastifyInstance): Server {
  const server = createServer((request, response) => {
    if (PATHS.has(request.url ?? '')) {
      app.routing(request, response);
      return;
    }
    const fault = new HttpFault(404, 'NotFound', `This port answers ${[...PATHS].join(', ')}`);
    response.writeHead(fault.status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(faultBody(fault)));
  });
  app.addHook('onClose', async () => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}
