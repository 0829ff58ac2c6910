// Answers of transformers.js's pipelines for local model folders, for the slow test of exported ONNX files.
//
// Written for @huggingface/transformers 4.3.1, installed where the working directory is. Reads JSON from standard input,
// a list of { task, folder, args }, and prints the list of answers; tensors as nested arrays.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const found = createRequire(join(process.cwd(), 'package.json')).resolve(
  '@huggingface/transformers',
);
const entry = found.replace(/\.cjs$/, '.mjs'); // the require side of the same package
const { env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = '/';

const answers = [];
for (const { task, folder, args } of JSON.parse(await text(process.stdin))) {
  const ask = await pipeline(task, folder, { dtype: 'fp32', device: 'cpu' });
  const answer = await ask(...args);
  answers.push(typeof answer.tolist === 'function' ? answer.tolist() : answer);
}
process.stdout.write(JSON.stringify(answers));
