// The worker thread's side of a parallel build: chunks in, results out, one at a time.

import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerRequest, WorkerResponse, WorkerSetup } from './chunk-thread.js';
import { loadEncoder } from './encoder-module.js';
import { ChunkProcessor } from './process-chunk.js';
import { placeResult } from './result-memory.js';
import { failureOf } from './shard-error.js';

const { settings, encoder } = workerData as WorkerSetup;
const processor = loadEncoder(encoder).then((loaded) => new ChunkProcessor(settings, loaded));
processor.catch(() => undefined); // told with the first chunk

// The processor uses its buffers again for each chunk: one after another.
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: WorkerRequest) => {
  last = last.then(() => answer(request));
});

async function answer({ id, chunk, memory: old }: WorkerRequest): Promise<void> {
  try {
    const placed = placeResult(await (await processor).process(chunk), old);
    const response: WorkerResponse = { id, placed };
    parentPort?.postMessage(response, [placed.memory]);
  } catch (error) {
    const response: WorkerResponse = { id, failure: failureOf(error) };
    parentPort?.postMessage(response);
  }
}
