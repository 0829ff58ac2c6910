// A loaded model compiles its usual shapes while it has nothing else to do; nobody may notice but by the time.

import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { get, post, startServer, type TestServer } from './server.test-support.js';
import { tinyRuns } from './tiny-models.test-support.js';

jest.setTimeout(120_000);

let runs: string;
beforeAll(async () => {
  runs = await tinyRuns();
});
afterAll(() => rmSync(dirname(runs), { recursive: true }));

/** Of every length from 3 to 59 tokens in steps of four, by turns short and long. */
const TEXTS = Array.from({ length: 15 }, (_, at) => {
  const words = at % 2 === 0 ? at : 14 - at;
  return `${'the cat sees a '.repeat(words)}[MASK]`;
});

/** Scores by token of all answers, some texts asked alone and some together. */
async function answersOf({ url }: TestServer): Promise<Map<number, number>[]> {
  const ask = async (inputs: string): Promise<Map<number, number>> => {
    const reply = await post(`${url}/models/toy/generator`, { inputs });
    expect(reply.status).toBe(200);
    const answers = reply.body as { token: number; score: number }[];
    return new Map(answers.map(({ token, score }) => [token, score]));
  };
  const alone = [];
  for (const text of TEXTS.slice(0, 6)) alone.push(await ask(text));
  return [...alone, ...(await Promise.all(TEXTS.slice(6).map(ask)))];
}

test('answers are the same while a model warms up, and after', async () => {
  const cold = await startServer([runs], { warmUp: false, threads: 2 });
  const expected = await answersOf(cold);
  await cold.close();
  const warm = await startServer([runs], { warmUp: true, threads: 2, cacheMegabytes: 0 });
  for (let round = 0; round < 2; round++) {
    for (const [text, answers] of (await answersOf(warm)).entries())
      for (const [token, score] of answers)
        expect(Math.abs(score - (expected[text]?.get(token) ?? Number.NaN))).toBeLessThan(1e-5);
    await setTimeout(1000); // it goes on when nothing has been asked for a while
  }
  expect((await get(`${warm.url}/health`)).body).toMatchObject({
    status: 'ok',
    models: { 'toy/generator': { crashes: 0, pending: 0 } },
  });
  await warm.close();
});

test('a server that is closed while its model warms up ends', async () => {
  const server = await startServer([runs], { warmUp: true, threads: 2 });
  expect(await post(`${server.url}/models/toy/generator`, '[MASK]')).toMatchObject({ status: 200 });
  await server.close();
  await expect(get(`${server.url}/health`)).rejects.toThrow('fetch failed');
});
