// The thread behind encode-workers.ts: answers chunks of whole lines with their ids or word counts.

import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerSetup } from './encode-workers.js';
import { WordPieceTokenizer } from './tokenizer.js';
import { newCounter } from './train.js';
import { countLines } from './train-files.js';

const setup = workerData as WorkerSetup;

if (setup.task === 'encode') {
  const { json, engine, width } = setup;
  const tokenizer = WordPieceTokenizer.fromTokenizerJson(json, { engine });
  parentPort?.on('message', (chunk: Uint8Array) => {
    const { ids, rowSplits } = tokenizer.encodeBytes(chunk, { width });
    parentPort?.postMessage({ ids, rowSplits }, [
      ids.buffer as ArrayBuffer, // fresh arrays of this thread
      rowSplits.buffer as ArrayBuffer,
    ]);
  });
} else {
  parentPort?.on('message', (chunk: Uint8Array) => {
    const counter = newCounter(setup.options);
    countLines(counter, chunk);
    parentPort?.postMessage(counter.counts());
  });
}
