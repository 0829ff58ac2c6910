// A hub and an empty cache for each test of a file: what the tests of hub files share.

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { hubFile } from './hub-file.js';
import type { HubEvent, HubOptions } from './hub-options.js';
import { type FakeHub, fakeHub, type Misbehaviour } from './test-support.js';

export const weights: Buffer = Buffer.alloc(300_000, 'weights');
export const config: Buffer = Buffer.from('{"model_type":"albert"}');
export const SHA: string = createHash('sha256').update(weights).digest('hex');

export interface HubSetup {
  /** Of the running test. */
  readonly hub: FakeHub;
  readonly cache: string;
  readonly events: readonly HubEvent[];
  readonly options: HubOptions;
  /** A path in the cache of org/model. */
  repo(...parts: string[]): string;
  get(file?: string, change?: Partial<HubOptions>): ReturnType<typeof hubFile>;
  /** Requests so far whose line in the log holds this. */
  requests(part: string): number;
  /** Does something else for the first `times` bodies. */
  badBodies(times: number, answer: Misbehaviour): void;
}

/** Starts a hub and makes a cache before each test of the calling file, and removes both after it. */
export function setUpHub(): HubSetup {
  let hub: FakeHub;
  let cache: string;
  let events: HubEvent[];
  let options: HubOptions;
  beforeEach(async () => {
    hub = await fakeHub({
      'config.json': { content: config },
      'model.safetensors': { content: weights, large: true },
      'onnx/model.onnx': { content: Buffer.from('onnx'), large: true },
    });
    cache = await mkdtemp(join(tmpdir(), 'hub-'));
    events = [];
    options = {
      cache,
      endpoint: hub.endpoint,
      retryMs: 1,
      timeoutMs: 2000,
      onEvent: (event) => events.push(event),
    };
  });
  afterEach(async () => {
    await hub.close();
    await rm(cache, { recursive: true, force: true });
  });
  return {
    get hub() {
      return hub;
    },
    get cache() {
      return cache;
    },
    get events() {
      return events;
    },
    get options() {
      return options;
    },
    repo: (...parts) => join(cache, 'models--org--model', ...parts),
    get: (file = 'model.safetensors', change = {}) =>
      hubFile('org/model', file, { ...options, ...change }),
    requests: (part) => hub.log.filter((line) => line.includes(part)).length,
    badBodies(times, answer) {
      let left = times;
      hub.misbehave = (request, response) => {
        if (request.method === 'HEAD' || requestIsRedirect(request)) return false;
        if (left-- <= 0) return false;
        return answer(request, response);
      };
    },
  };
}

function requestIsRedirect({ url = '' }: IncomingMessage): boolean {
  return url.includes('/resolve/') && !url.includes('config.json');
}
