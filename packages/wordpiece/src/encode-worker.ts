// The thread behind encodeInWorkers: makes a tokenizer, then answers chunks of whole lines with ids.

import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerSetup } from './encode-workers.js';
import { WordPieceTokenizer } from './tokenizer.js';

const { json, engine, width } = workerData as WorkerSetup;
const tokenizer = WordPieceTokenizer.fromTokenizerJson(json, { engine });

parentPort?.on('message', (chunk: Uint8Array) => {
  const { ids, rowSplits } = tokenizer.encodeBytes(chunk, { width });
  parentPort?.postMessage({ ids, rowSplits }, [
    ids.buffer as ArrayBuffer, // fresh arrays of this thread
    rowSplits.buffer as ArrayBuffer,
  ]);
});
