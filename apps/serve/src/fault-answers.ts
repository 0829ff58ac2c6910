// Every failure ends as `{ error, error_type }`, including those that never reach a route.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance } from 'fastify';
import { type FaultType, faultBody, HttpFault } from './http-fault.js';

export function answerFaults(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | HttpFault, request, reply) => {
    const fault = asFault(error);
    if (fault.status >= 500) request.log.error({ err: error }, 'failed');
    return reply.code(fault.status).headers(fault.headers).send(faultBody(fault));
  });
  app.setNotFoundHandler((request, reply) => {
    const fault = new HttpFault(404, 'NotFound', `There is no ${request.method} at this address`);
    return reply.code(404).send(faultBody(fault));
  });
}

const TYPES: Readonly<Record<number, FaultType>> = {
  401: 'Unauthorized',
  404: 'NotFound',
  408: 'Timeout',
  413: 'TooLarge',
  415: 'Unsupported',
  429: 'Overloaded',
  503: 'Unhealthy',
};

function asFault(error: FastifyError | HttpFault): HttpFault {
  if (error instanceof HttpFault) return error;
  const { statusCode: status } = error;
  if (status === undefined || status < 400 || status === 500)
    return new HttpFault(500, 'Internal', 'unknown error');
  return new HttpFault(status, TYPES[status] ?? 'Validation', error.message);
}

/** A request so malformed that Node gives no request object: the answer is written to the socket. */
export function malformedRequest(
  error: Error & { code?: string; rawPacket?: unknown },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, type, message] = REFUSALS[error.code ?? ''] ?? [
    400,
    'Validation',
    'The request is not valid HTTP',
  ];
  const body = JSON.stringify({ error: message, error_type: type });
  // an answer to HEAD has no body, whatever was wrong
  const { rawPacket } = error; // Fastify's types say otherwise; it is a Buffer
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.toString('latin1', 0, 5) === 'HEAD ';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${isHead ? '' : body}`,
  );
}

const REFUSALS: Readonly<Record<string, readonly [number, FaultType, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'TooLarge', 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Timeout', 'The request took too long to arrive'],
};
