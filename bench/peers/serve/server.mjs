// The same API around transformers.js on onnxruntime-node: POST /models/:org/:name {"inputs", "parameters"}.
//
//   node server.mjs <folder that holds org/name> <org/name> <threads>
//
// It prints {"url": ...} when it is ready. Requests are not gathered: that is what the library offers.

import { env, pipeline } from '@huggingface/transformers';
import Fastify from 'fastify';

const [folder, model, threads] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = folder;
const session_options = { intraOpNumThreads: Number(threads), logSeverityLevel: 4 };
const fill = await pipeline('fill-mask', model, { dtype: 'fp32', device: 'cpu', session_options });

const app = Fastify({ logger: false });
app.post('/models/:org/:name', async (request) => {
  const { inputs, parameters } = request.body;
  return fill(inputs, { top_k: parameters?.top_k ?? 5 });
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ url }));
