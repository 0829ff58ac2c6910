// The thread behind encode-workers.ts: answers chunks of whole lines, or ranges of a file, with ids or
// word counts.

import { parentPort, workerData } from 'node:worker_threads';
import { CorpusEncoder } from './corpus-encoder.js';
import type { WorkerSetup } from './encode-workers.js';
import { type LineRange, LineReader } from './line-ranges.js';
import { SequenceEncoder } from './sequence-encoder.js';
import { newCounter } from './train.js';
import { countLines } from './train-files.js';

const setup = workerData as WorkerSetup;

if (setup.task === 'encode') {
  const { blueprint, isWide, path } = setup;
  const corpus = new CorpusEncoder(new SequenceEncoder(blueprint));
  const reader = path === undefined ? undefined : new LineReader(path);
  parentPort?.on('message', (chunk: Uint8Array | LineRange) => {
    const bytes = ArrayBuffer.isView(chunk) ? chunk : reader?.read(chunk);
    const { ids, rowSplits } = corpus.encodeLines(bytes ?? new Uint8Array(0), isWide);
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
