// Questions to the server, as any client of the Inference API asks them.

export interface Answer {
  readonly value: unknown;
  /** Seconds of computing, where the server says so. */
  readonly seconds?: number;
  /** What computed it: `cpu`, `gpu` or `cache`. */
  readonly computeType?: string;
}

/** The server's refusal, in its own words. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const TOKEN_KEY = 'alectra-token';

/** Kept for this tab only, sent as a bearer token with every question. */
export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Asks a model. Waits for it to load. @throws Refusal; AbortError when `signal` fires */
export async function ask(url: string, body: object, signal: AbortSignal): Promise<Answer> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-wait-for-model': 'true',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal,
  });
  const value: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Refusal(response.status, refusalText(response, value));
  const seconds = Number(response.headers.get('x-compute-time') ?? Number.NaN);
  const computeType = response.headers.get('x-compute-type');
  return {
    value,
    ...(Number.isFinite(seconds) && { seconds }),
    ...(computeType !== null && { computeType }),
  };
}

function refusalText(response: Response, value: unknown): string {
  const said = isRecord(value) && typeof value.error === 'string' ? value.error : '';
  const wait = response.headers.get('retry-after');
  if (response.status === 429 && wait !== null)
    return `${said || 'The server is busy.'} Try again in ${wait} s.`;
  return said || `The server answered ${response.status} ${response.statusText}.`;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
