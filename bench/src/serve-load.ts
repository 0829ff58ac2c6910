// Requests to a server, timed by who sends them: closed loops of clients that never pause, or arrivals at a given rate.

import { Agent, request } from 'node:http';

export interface Load {
  /** Requests answered a second. */
  readonly throughput: number;
  /** Milliseconds of each answer. */
  readonly latencies: readonly number[];
  /** Number of answers by status other than 200. */
  readonly refused: Readonly<Record<number, number>>;
}

/** A model's URL, and connections that are kept open. */
export interface Target {
  readonly url: string;
  readonly agent: Agent;
}

export const targetAt = (url: string): Target => ({
  url,
  agent: new Agent({ keepAlive: true, maxSockets: 4096 }),
});

/** Sends one text past any cache. Resolves to status and milliseconds when the answer has been read. */
export function ask(
  { url, agent }: Target,
  inputs: string,
): Promise<{ readonly status: number; readonly ms: number; readonly body: string }> {
  const body = JSON.stringify({ inputs, parameters: { top_k: 5 } });
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-use-cache': 'false',
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          ms: performance.now() - began,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** `clients` loops, each of which asks again as soon as it is answered, for so many seconds. */
export async function closedLoad(
  target: Target,
  texts: () => string,
  { clients, seconds }: { readonly clients: number; readonly seconds: number },
): Promise<Load> {
  const latencies: number[] = [];
  const refused: Record<number, number> = {};
  const began = performance.now();
  const end = began + 1000 * seconds;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const { status, ms } = await ask(target, texts());
        if (status === 200) latencies.push(ms);
        else refused[status] = (refused[status] ?? 0) + 1;
      }
    }),
  );
  const elapsed = (performance.now() - began) / 1000;
  return { throughput: latencies.length / elapsed, latencies, refused };
}

/** Requests at a steady rate, whether or not earlier ones were answered. */
export async function openLoad(
  target: Target,
  texts: () => string,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Load> {
  const latencies: number[] = [];
  const refused: Record<number, number> = {};
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < 1000 * seconds) {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const one = ask(target, texts()).then(({ status, ms }) => {
        if (status === 200) latencies.push(ms);
        else refused[status] = (refused[status] ?? 0) + 1;
      });
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(pending);
  const elapsed = (performance.now() - began) / 1000;
  return { throughput: latencies.length / elapsed, latencies, refused };
}

/** The value that the given share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
