// Bodies: application/json is taken at its word; anything else is JSON if it can be, else the text itself.
//
// The second is what the Inference API's servers of 2020 did, and what makes the model card's own curl line work:
// `curl -d` without a content type sends application/x-www-form-urlencoded.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpFault } from './http-fault.js';
import { decodeUtf8, JsonFault, parseStrictJson } from './strict-json.js';

export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => parseBody(request, body),
  );
  app.addHook('preParsing', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
      throw new HttpFault(
        415,
        'Unsupported',
        `The content encoding ${JSON.stringify(encoding)} is not taken: send the body as it is`,
      );
  });
}

function parseBody(request: FastifyRequest, bytes: Uint8Array): unknown {
  try {
    const text = decodeUtf8(bytes);
    if (!isJson(request.headers['content-type'])) return textOrJson(text);
    if (text.trim() === '') return undefined;
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonFault) throw new HttpFault(400, 'Validation', error.message);
    throw error;
  }
}

const isJson = (type: string | undefined): boolean =>
  /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type ?? '');

/** How JSON begins that is more than a text: a bare number, true or null is a text that happens to be one. */
const QUOTE_OR_BRACKET = /^\s*["[{]/;

function textOrJson(text: string): unknown {
  if (text === '') return undefined;
  if (!QUOTE_OR_BRACKET.test(text)) return text;
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonFault) return text;
    throw error;
  }
}
