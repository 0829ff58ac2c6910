// A port of its own for probes. New connections are accepted in the order in which they came: a probe that knocks while
// two thousand clients connect waits behind them, and here behind nobody. It answers while the app closes, too: a monitor
// that is told nothing then would end the process before its last requests are done.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { faultBody, HttpFault } from './http-fault.js';
import { oneATurn } from './one-a-turn.js';
import { jsonAnswer, type ProbeAnswer, type ProbeAnswers } from './probe-answers.js';
import type { Settings } from './settings.js';

// monitors are few, and what they ask is small
const MOST_CONNECTIONS = 256;
const MOST_REQUEST_MS = 5000;

/**
 * Answers `/health`, `/ready` and `/metrics` as the app does, and nothing else, until the app has closed.
 *
 * @param app not ready yet
 * @param settings limits of the app; those of the result are no wider, and narrow in any case
 */
export function probeServer(
  app: FastifyInstance,
  settings: Pick<Settings, 'maxConnections' | 'requestSeconds' | 'idleSeconds'>,
): Server {
  const requestMs = Math.min(MOST_REQUEST_MS, Math.ceil(1000 * settings.requestSeconds));
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.socket.destroyed) return;
    const { status, contentType, body } = await answerTo(request, app.probeAnswers).catch(
      (error: unknown) => {
        app.log.error({ err: error }, 'failed');
        return refusal(new HttpFault(500, 'Internal', 'unknown error'));
      },
    );
    response
      .writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
      .end(body);
  };
  const inTurn = oneATurn(); // one connection can bring a thousand requests at once
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: Math.ceil(1000 * settings.idleSeconds),
    },
    (request, response) => inTurn(() => respond(request, response)),
  );
  server.timeout = requestMs; // for answers that nobody reads
  server.maxConnections = Math.min(MOST_CONNECTIONS, settings.maxConnections);
  app.addHook('onClose', async () => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

async function answerTo(
  { method, url = '' }: IncomingMessage,
  answers: ProbeAnswers,
): Promise<ProbeAnswer> {
  const answer = answers.get(url.split('?', 1)[0] ?? '');
  if (answer && (method === 'GET' || method === 'HEAD')) return answer();
  const paths = [...answers.keys()].join(', ');
  return refusal(new HttpFault(404, 'NotFound', `This port answers GET of ${paths}`));
}

const refusal = (fault: HttpFault): ProbeAnswer => jsonAnswer(fault.status, faultBody(fault));
