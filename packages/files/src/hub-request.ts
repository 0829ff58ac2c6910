// One request to the hub: redirects, attempts, waiting, and answers turned into errors.

import { setTimeout as sleep } from 'node:timers/promises';
import { HubError } from './hub-error.js';
import type { HubOptions } from './hub-options.js';

const MAX_REDIRECTS = 5;
const MAX_WAIT_MS = 60_000;

export interface HubRequest {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  /** For messages and events. */
  readonly file: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stop at a redirect to another host: its headers describe the file. */
  readonly stopAtOtherHost?: boolean;
}

export interface HubAnswer {
  readonly response: Response;
  readonly url: string;
  /** Restarts the time limit; call it as bytes arrive. */
  readonly alive: () => void;
  /** Ends the time limit. */
  readonly done: () => void;
}

/** What stands in the way of an answer for now; another attempt may help. */
export class HubTrouble extends Error {
  readonly waitMs: number | undefined;

  constructor(message: string, waitMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/**
 * Sends a request once, following redirects. The token goes to the endpoint's own origin only.
 *
 * @throws HubTrouble for no answer, 408, 429 and 5xx; HubError `not-allowed` for 401 and 403
 */
export async function send(request: HubRequest, options: HubOptions): Promise<HubAnswer> {
  const { endpoint = 'https://huggingface.co', token, timeoutMs = 10_000 } = options;
  const home = new URL(endpoint).origin;
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const done = (): void => clearTimeout(timer);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`no answer for ${timeoutMs} ms`)), timeoutMs);
  };
  let { url } = request;
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      alive();
      const response = await fetch(url, {
        method: request.method,
        redirect: 'manual',
        signal: abort.signal,
        headers: {
          'accept-encoding': 'identity',
          'user-agent': 'alectra',
          ...request.headers,
          ...(token && new URL(url).origin === home ? { authorization: `Bearer ${token}` } : {}),
        },
      });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) {
        const refusal = refusalOf(response, request);
        if (!refusal) return { response, url, alive, done };
        await response.body?.cancel();
        throw refusal;
      }
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && next.protocol !== new URL(endpoint).protocol) {
        throw new HubTrouble(`a redirect to ${next.protocol}//${next.host}`);
      }
      if (request.stopAtOtherHost && next.host !== new URL(url).host) {
        return { response, url, alive, done };
      }
      await response.body?.cancel();
      url = next.href;
    }
    throw new HubTrouble(`more than ${MAX_REDIRECTS} redirects`);
  } catch (error) {
    done();
    if (error instanceof HubError || error instanceof HubTrouble) throw error;
    throw new HubTrouble(reasonOf(error), undefined, { cause: error });
  }
}

/** Runs `attempt` until it succeeds, fails for good, or the attempts are used up. */
export async function withAttempts<T>(
  file: string,
  options: HubOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const { attempts = 5, retryMs = 1000, onEvent } = options;
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof HubTrouble)) throw error;
      if (count >= attempts) throw unreachable(file, count, error, options);
      const waitMs = Math.min(MAX_WAIT_MS, error.waitMs ?? retryMs * 2 ** (count - 1));
      onEvent?.({ type: 'retry', file, reason: error.message, waitMs });
      await sleep(waitMs);
    }
  }
}

/** The innermost message: `fetch failed` alone says nothing. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? reasonOf(cause) : message;
}

function refusalOf(response: Response, { url, file }: HubRequest): Error | undefined {
  const { status, headers } = response;
  if (status === 408 || status === 429 || status >= 500) {
    return new HubTrouble(`status ${status} for ${url}`, waitOf(headers));
  }
  if (status !== 401 && status !== 403) return undefined;
  const why = headers.get('x-error-message') ?? headers.get('x-error-code') ?? `status ${status}`;
  return new HubError(
    'not-allowed',
    `the hub does not give out ${file}: ${why} (${url}).\n` +
      'Check the name; for private or gated models pass a token, and accept the terms on the model page.',
  );
}

// Retry-After in seconds or as a date, or `t` of the RateLimit header (IETF draft 9).
function waitOf(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  const limit = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '');
  if (after === null) return limit ? Number(limit[1]) * 1000 : undefined;
  const seconds = Number(after);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

function unreachable(
  file: string,
  count: number,
  cause: HubTrouble,
  { endpoint = 'https://huggingface.co' }: HubOptions,
): HubError {
  return new HubError(
    'unreachable',
    `cannot get ${file} from ${endpoint} after ${count} attempts: ${cause.message}.\n` +
      'Check the network and HF_ENDPOINT, or use a local folder; what was received is kept for the next try.',
    { cause },
  );
}
