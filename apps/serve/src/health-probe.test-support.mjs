// Asks addresses for some seconds, each twenty times a second on a kept connection and as often on a new one, whatever
// became of those before: a slow answer shall not spare the server the questions it delays. Tells its parent what it saw.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PERIOD_MS = 50;

const [seconds, ...urls] = process.argv.slice(2);
const agents = { kept: new Agent({ keepAlive: true }), fresh: new Agent({ keepAlive: false }) };
const asked = urls.map(() => ({ kept: [], fresh: [] }));

/** How long the answer took in ms; undefined if it was none. */
function ask(url, agent) {
  const began = performance.now();
  return new Promise((resolve) => {
    const sent = request(url, { agent }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve(response.statusCode === 200 ? performance.now() - began : undefined),
      );
    });
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

const start = performance.now();
for (let due = start; due < start + 1000 * Number(seconds); due += PERIOD_MS) {
  await sleep(Math.max(0, due - performance.now()));
  for (const [i, url] of urls.entries())
    for (const [kind, agent] of Object.entries(agents)) asked[i][kind].push(ask(url, agent));
}

/** Percentiles of the times in ms, and how many were not answered. */
async function summary(answers) {
  const times = (await Promise.all(answers)).filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const at = (share) => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0);
  const failures = answers.length - times.length;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1), failures };
}
const summaries = asked.map(async ({ kept, fresh }) => ({
  kept: await summary(kept),
  fresh: await summary(fresh),
}));
process.send(await Promise.all(summaries));
process.disconnect();
