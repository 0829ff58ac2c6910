// The thread behind encode-workers.ts: answers chunks of whole lines, or ranges of a file, with their ids, in memory that came
// back if there is some; or counts the words of all its chunks and says them when asked.

import { parentPort, workerData } from 'node:worker_threads';
import { CorpusEncoder } from './corpus-encoder.js';
import type { WorkerSetup } from './encode-workers.js';
import { type LineRange, LineReader } from './line-ranges.js';
import { placedIn } from './returned-memory.js';
import { SequenceEncoder } from './sequence-encoder.js';
import { newCounter } from './train.js';
import { countLines } from './train-files.js';

const setup = workerData as WorkerSetup;

if (setup.task === 'encode') {
  const { blueprint, isWide, reuse, path } = setup;
  const corpus = new CorpusEncoder(new SequenceEncoder(blueprint));
  const reader = path === undefined ? undefined : new LineReader(path);
  const returned: ArrayBuffer[][] = [];
  parentPort?.on('message', (request: Uint8Array | LineRange | ArrayBuffer[]) => {
    if (Array.isArray(request)) {
      returned.push(request);
      return;
    }
    const bytes = ArrayBuffer.isView(request) ? request : reader?.read(request);
    const rows = corpus.encodeLines(bytes ?? new Uint8Array(0), isWide, reuse);
    const { ids, rowSplits } = reuse ? placedIn(returned.pop() ?? [], rows) : rows;
    parentPort?.postMessage({ ids, rowSplits }, [
      ids.buffer as ArrayBuffer, // arrays of their own
      rowSplits.buffer as ArrayBuffer,
    ]);
  });
} else {
  const counter = newCounter(setup.options);
  parentPort?.on('message', (request: Uint8Array | 'counts') => {
    if (request === 'counts') {
      const counts = counter.packed();
      parentPort?.postMessage(counts, [
        counts.bytes.buffer as ArrayBuffer, // copies
        counts.ends.buffer as ArrayBuffer,
        counts.counts.buffer as ArrayBuffer,
      ]);
      return;
    }
    countLines(counter, request);
    parentPort?.postMessage('counted');
  });
}
