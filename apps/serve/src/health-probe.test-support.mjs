// Asks one address every 20 ms for some seconds and tells its parent the 99th percentile in ms, and the failures.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [url, seconds] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const times = [];
let failures = 0;
const end = performance.now() + 1000 * Number(seconds);
while (performance.now() < end) {
  const began = performance.now();
  await new Promise((resolve) => {
    const sent = request(url, { agent }, (response) => {
      if (response.statusCode !== 200) failures += 1;
      response.resume();
      response.on('end', resolve);
    });
    sent.on('error', () => {
      failures += 1;
      resolve();
    });
    sent.end();
  });
  times.push(performance.now() - began);
  await sleep(20);
}
times.sort((a, b) => a - b);
process.send({ p99: times[Math.ceil(0.99 * times.length) - 1], failures });
process.disconnect();
