// The thread of one model: loads it, says so, and answers jobs until it is ended.

import { parentPort, workerData } from 'node:worker_threads';
import { registerKernels } from '@alectra/nn';
// Answers need no gradients: the backend alone starts in a quarter of the time of @tensorflow/tfjs.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { Batcher } from './batcher.js';
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.js';
import { mainTaskOf, readServedModel } from './served-model.js';
import { taskPipelines } from './task-pipelines.js';

const setup = workerData as WorkerSetup; // given by ModelThread
const port = parentPort;
if (!port) throw new Error('serve: model-worker is no program of its own: ModelThread starts it.');
const send = (message: FromWorker): void => port.postMessage(message);

tf.enableProdMode(); // without it tfjs prints a banner on first use
registerKernels('cpu');
try {
  const model = await readServedModel(setup.folder, { id: 'model/model' });
  const pipelines = await taskPipelines(setup, model.maxTokens);
  const main = await pipelines.get(mainTaskOf(model));
  const batcher = new Batcher({ ...setup, pipeline: pipelines.get, send });
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'job') void batcher.add(message.job);
    else batcher.cancel(message.id);
  });
  send({ kind: 'ready', engine: main.engine, maxTokens: pipelines.maxTokens });
  // A shape that cannot be compiled fails the requests that need it, and tells them why.
  if (setup.warmUp) void main.warmUp().catch(() => {});
} catch (error) {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}
