// The HTTP server: everything but computing. Models compute in threads of their own.

import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Catalogue } from './catalogue.js';
import { serverWithDoor } from './door.js';
import { answerFaults, malformedRequest } from './fault-answers.js';
import { faultBody, HttpFault } from './http-fault.js';
import { Inference } from './inference.js';
import { inferenceRoutes } from './inference-routes.js';
import { createMetrics } from './metrics.js';
import { ModelPool } from './model-pool.js';
import { openApiRoutes } from './openapi.js';
import { registerPage } from './page-routes.js';
import { type ProbeAnswers, probeAnswers } from './probe-answers.js';
import { probeRoutes } from './probe-routes.js';
import { acceptBodies } from './request-body.js';
import type { Settings } from './settings.js';
import { unusedConnections } from './unused-connections.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is closed to those without the token, if there is one. */
    readonly needsToken?: boolean;
  }
  interface FastifyRequest {
    /** For the log: what was asked of whom. */
    served?: { readonly model: string; readonly task: string };
  }
  interface FastifyInstance {
    /** What the routes of probes answer, for a port that has no routes. */
    readonly probeAnswers: ProbeAnswers;
  }
}

export interface ServerOptions {
  readonly catalogue: Catalogue;
  readonly settings: Settings;
  /** Where log lines go; default stdout. */
  readonly logStream?: { write(line: string): void };
  /** Module of the workers; tests give one that misbehaves. */
  readonly workerModule?: URL;
}

export const VERSION = '0.1.0';

/** The server, not yet listening. `close` lets requests under way finish, then ends the workers. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { catalogue, settings, logStream, workerModule } = options;
  const app = Fastify({
    logger: {
      level: settings.logLevel,
      ...(logStream && { stream: logStream }),
      // neither headers nor query: they hold tokens and texts
      serializers: { req: ({ method, url }) => ({ method, path: url.split('?', 1)[0] }) },
    },
    // one line an answer, written below
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.bodyBytes,
    serverFactory: serverWithDoor({
      refusal: () => inference.refusal(1),
      headers: settings.cors === undefined ? {} : corsHeaders(settings.cors),
      onRefused: () => metrics.requested('refused at the door', 429, 0),
      requestTimeout: Math.ceil(1000 * settings.requestSeconds),
      keepAliveTimeout: Math.ceil(1000 * settings.idleSeconds),
      maxConnections: settings.maxConnections,
    }),
    http: {
      // Node swaps the two times if this is the longer one
      headersTimeout: Math.ceil(1000 * Math.min(10, settings.requestSeconds)),
      connectionsCheckingInterval: 1000,
    },
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: (_error, _request, reply) => {
      // a path that is no UTF-8 when decoded, for example
      const fault = new HttpFault(400, 'Validation', 'The address is malformed');
      reply.raw.writeHead(400, { 'content-type': 'application/json; charset=utf-8' });
      reply.raw.end(JSON.stringify(faultBody(fault)));
    },
    clientErrorHandler: malformedRequest,
  });
  const pool = new ModelPool({
    engine: settings.engine,
    threads: settings.threads,
    spinning: settings.spinning,
    warmUp: settings.warmUp,
    maxBatchTokens: settings.maxBatchTokens,
    maxBatchInputs: settings.maxBatchInputs,
    memoryBytes: settings.memoryMegabytes * 2 ** 20,
    stallMs: 1000 * settings.stallSeconds,
    ...(workerModule && { workerModule }),
    onBatch: (model, batch) => metrics.computed(model.id, batch),
    onEvent: (event) => {
      const isFault = event.kind === 'failed' || event.kind === 'crashed';
      app.log[isFault ? 'error' : 'info'](event, `model ${event.kind}`);
      if (event.kind === 'crashed') metrics.crashed(event.model);
    },
  });
  const inference = new Inference(pool, settings);
  const metrics = createMetrics(() => inference.underWay);
  const endUnused = unusedConnections(app.server);
  let isClosing = false;

  acceptBodies(app);
  answerFaults(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  // before the token: a browser must be let read that it is missing
  if (settings.cors !== undefined) allowOrigins(app, settings.cors);
  if (settings.token !== undefined) askForToken(app, settings.token);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const ms = reply.elapsedTime;
    metrics.requested(route, reply.statusCode, ms / 1000);
    request.log.info(
      { req: request, status: reply.statusCode, ms: Math.round(10 * ms) / 10, ...request.served },
      'answered',
    );
  });
  app.addHook('onSend', async (request, reply) => {
    // a client that does not read its answer is not waited for; Node sets the time anew with the next request
    request.raw.socket.setTimeout(1000 * settings.requestSeconds);
    // else the connection would keep the closing server for as long as it is kept alive
    if (isClosing) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    endUnused();
  });
  app.addHook('onClose', () => pool.close());

  app.decorate(
    'probeAnswers',
    probeAnswers({ catalogue, pool, metrics, isClosing: () => isClosing }),
  );
  probeRoutes(app, { catalogue, pool, settings, version: VERSION });
  inferenceRoutes(app, {
    catalogue,
    inference,
    metrics,
    maxRequestInputs: settings.maxRequestInputs,
    maxBatchTokens: settings.maxBatchTokens,
  });
  openApiRoutes(app, VERSION);
  await registerPage(app, { catalogue });
  return app;
}

function askForToken(app: FastifyInstance, token: string): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.needsToken) return;
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    throw new HttpFault(401, 'Unauthorized', 'The token is missing or wrong', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  });
}

const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'x-compute-type, x-compute-time, x-request-id',
  ...(origin !== '*' && { vary: 'origin' }),
});

function allowOrigins(app: FastifyInstance, origin: string): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(corsHeaders(origin));
  });
  app.options('*', async (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
        'access-control-allow-headers':
          'authorization, content-type, x-use-cache, x-wait-for-model, x-load-model',
        'access-control-max-age': '86400',
      })
      .code(204)
      .send(),
  );
}
