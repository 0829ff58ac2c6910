import '@tensorflow/tfjs';
import { compile } from '@alectra/jit';
import { registerGradients } from '@alectra/nn';
import { initialState, inputSpecs, randomBatch, trainStep } from './train-step-program.js';

registerGradients();
const [engine, threads, steps, precision] = process.argv.slice(2);
let t = performance.now();
const lap = (s: string) => {
  console.log(s, (performance.now() - t).toFixed(0), 'ms');
  t = performance.now();
};
const program = await compile(trainStep, {
  state: initialState(),
  inputs: inputSpecs(),
  engine: engine as any,
  threads: Number(threads),
  tensorflowFrom: '/tmp/tfjs',
  precision: (precision as any) ?? 'float32',
});
lap('compile');
const batch = randomBatch();
const run = async (counter: number) =>
  (
    (await program.run({
      ...batch,
      seed: Int32Array.of(1),
      counter: Int32Array.of(counter),
      learningRate: Float32Array.of(1e-4),
    })) as any
  ).loss.data[0];
const losses = [await run(1)];
lap('first');
losses.push(await run(2));
lap('second');
const times: number[] = [];
for (let i = 0; i < Number(steps); i++) {
  const s = performance.now();
  losses.push(await run(i + 3));
  times.push(performance.now() - s);
}
console.log(losses.slice(0, 6).join(' '));
times.sort((a, b) => a - b);
console.log(
  'median',
  times[times.length >> 1].toFixed(0),
  'best',
  times[0].toFixed(0),
  'rss',
  (process.memoryUsage().rss / 2 ** 20).toFixed(0),
);
const u = process.resourceUsage();
console.log('faults', u.minorPageFault, 'user', u.userCPUTime / 1e6, 'sys', u.systemCPUTime / 1e6);
process.exit(0);
