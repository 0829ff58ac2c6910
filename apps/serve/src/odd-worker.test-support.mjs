// A worker for tests of the server around it: it needs no model, and misbehaves when a text says so.
//
//   crash | exit | hang    end badly, end, or loop for ever
//   later <ms>             answer after so long
//   large                  answer 32 MB
//   wait, release          answer when a text says release
//   computed               answered by the number of texts computed so far
//   nan                    fail as a model of NaN does
//   anything else          answered by itself, in order

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const orders = workerData.folder.split('/').at(-1);
if (orders === 'broken') {
  parentPort.postMessage({ kind: 'failed', message: `serve: ${workerData.folder} is damaged.` });
} else {
  if (orders === 'slow') await sleep(1500);
  if (orders === 'slower') await sleep(4000);
  parentPort.postMessage({ kind: 'ready', engine: 'none', maxTokens: 64 });
}

/** What lets a waiting job go on (true) or drops it (false), by its id. */
const waiting = new Map();
let computed = 0;

parentPort.on('message', async (message) => {
  if (message.kind === 'cancel') {
    waiting.get(message.id)?.(false);
    return;
  }
  const { id, inputs, isList } = message.job;
  const answer = (fields) =>
    parentPort.postMessage({
      kind: 'answers',
      answers: [{ id, tokens: 1, queueMs: 0, computeMs: 0, ...fields }],
    });
  const [text] = inputs;
  if (text === 'crash') throw new Error('the worker was told to crash');
  if (text === 'exit') process.exit(3);
  if (text === 'hang') for (;;);
  if (text === 'nan') {
    answer({ fault: { status: 424, type: 'Backend', message: 'The model failed: NaN' } });
    return;
  }
  const [, ms] = /^later (\d+)$/.exec(text) ?? [];
  if (ms !== undefined) await sleep(Number(ms));
  if (text === 'large') {
    answer({ body: JSON.stringify('a'.repeat(32e6)) });
    return;
  }
  if (text === 'release') for (const goOn of waiting.values()) goOn(true);
  if (text === 'wait') {
    const goesOn = await new Promise((resolve) => waiting.set(id, resolve));
    waiting.delete(id);
    if (!goesOn) return;
  }
  computed += 1;
  answer({ body: JSON.stringify(text === 'computed' ? computed : isList ? inputs : text) });
});
