// The door. Requests come in one a turn of the event loop, and a full server refuses them before it reads a body or runs a
// hook; who asks whether the server lives is let in at once. So a crowd that asks again and again does not cost the one
// thread that speaks HTTP the time to answer /health, or to accept who comes anew.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import { faultBody, HttpFault } from './http-fault.js';
import { oneATurn } from './one-a-turn.js';

export interface DoorOptions {
  /** Why a further request for a model would be refused now; undefined if it would not. */
  refusal(): HttpFault | undefined;
  /** In every refusal: who may read it from a browser. */
  readonly headers: Readonly<Record<string, string>>;
  onRefused?(): void;
  /** ms, as Node's server has them */
  readonly keepAliveTimeout: number;
  readonly requestTimeout: number;
  readonly maxConnections: number;
}

/** Makes Fastify's HTTP server with the door before its routes. */
export function serverWithDoor(options: DoorOptions): FastifyServerFactory {
  return (handler, { http }): Server => {
    const inTurn = oneATurn();
    const server = createServer(http as ServerOptions, (request, response) => {
      if (isProbe(request)) handler(request, response);
      else inTurn(() => admit(request, response));
    });
    const admit: RequestListener = (request, response) => {
      if (request.socket.destroyed) return;
      const fault = asksModel(request) ? options.refusal() : undefined;
      if (!fault) {
        handler(request, response);
        return;
      }
      const body = JSON.stringify(faultBody(fault));
      response
        .writeHead(fault.status, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'x-request-id': crypto.randomUUID(),
          ...options.headers,
          ...fault.headers,
        })
        .end(body);
      options.onRefused?.();
    };
    server.keepAliveTimeout = options.keepAliveTimeout;
    server.requestTimeout = options.requestTimeout;
    server.maxConnections = options.maxConnections;
    return server;
  };
}

const isProbe = ({ url = '' }: IncomingMessage): boolean =>
  ['/health', '/ready'].includes(url.split('?', 1)[0] ?? '');

const asksModel = ({ method, url = '' }: IncomingMessage): boolean =>
  method === 'POST' && (url.startsWith('/models/') || url.startsWith('/hf-inference/models/'));

/** The refusal of a queue in which `room` of `places` are free. */
export const overloaded = (room: number, places: number): HttpFault =>
  new HttpFault(429, 'Overloaded', 'The server has too much to do: come again later', {
    headers: {
      'retry-after': '1',
      ratelimit: `"queue";r=${room};t=1`,
      'ratelimit-policy': `"queue";q=${places};w=1`,
    },
  });
