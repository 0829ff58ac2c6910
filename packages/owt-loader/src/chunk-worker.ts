// The worker thread's side of a parallel build: chunks in, results out, one at a time.

import { parentPort, workerData } from 'node:worker_threads';
import { loadEncoder } from './encoder-module.js';
import { ChunkProcessor, transferable } from './process-chunk.js';
import type { WorkerRequest, WorkerResponse, WorkerSetup } from './process-in-order.js';
import { failureOf } from './shard-error.js';

const { settings, encoder } = workerData as WorkerSetup;
const processor = loadEncoder(encoder).then((loaded) => new ChunkProcessor(settings, loaded));
processor.catch(() => undefined); // told with the first chunk

// The processor uses its buffers again for each chunk: one after another.
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: WorkerRequest) => {
  last = last.then(() => answer(request));
});

async function answer({ id, chunk }: WorkerRequest): Promise<void> {
  try {
    const result = transferable(await (await processor).process(chunk));
    const response: WorkerResponse = { id, result };
    parentPort?.postMessage(response, buffersOf(result));
  } catch (error) {
    const response: WorkerResponse = { id, failure: failureOf(error) };
    parentPort?.postMessage(response);
  }
}

function buffersOf(value: object): ArrayBuffer[] {
  return Object.values(value).flatMap((part: unknown) => {
    if (ArrayBuffer.isView(part)) return [part.buffer as ArrayBuffer];
    return part && typeof part === 'object' ? buffersOf(part) : [];
  });
}
