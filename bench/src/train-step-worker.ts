// Our side of the train-step bench: one engine in a process of its own, speaking the protocol of contestant.ts.

import '@tensorflow/tfjs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { compile, type EngineName, type HostTensor } from '@alectra/jit';
import { registerGradients, registerKernels } from '@alectra/nn';
import { bestProduct } from './best-product.js';
import { trainStepProgram } from './train-step-program.js';
import { TRAIN_STEP } from './train-step-shape.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnxruntime' },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(values.threads);
const engine = values.engine as EngineName;

const { initialState, inputSpecs, randomBatch, trainStep } = trainStepProgram();
registerGradients();
if (engine === 'eager') registerKernels();
const started = performance.now();
const program = await compile(trainStep, {
  state: initialState(),
  inputs: inputSpecs(),
  engine,
  threads,
});
const compileSeconds = (performance.now() - started) / 1e3;
const batch = randomBatch();
let counter = 0;

const first = await step();
answer({
  firstLoss: first,
  compileSeconds,
  bestProduct: await bestProduct(engine, threads),
  versions: `${program.engine}, compiled in ${compileSeconds.toFixed(2)} s, ${TRAIN_STEP.batch}x${TRAIN_STEP.length} tokens`,
});

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as { steps?: number; memory?: boolean };
  if (question.memory) answer({ peakMiB: peakMemoryMiB() });
  else answer({ seconds: await timed(question.steps ?? 1) });
}

async function timed(steps: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    seconds.push((performance.now() - start) / 1e3);
  }
  return seconds;
}

async function step(): Promise<number> {
  counter++;
  const outputs = (await program.run({
    ...batch,
    seed: Int32Array.of(1),
    counter: Int32Array.of(counter),
    learningRate: Float32Array.of(1e-4),
  })) as { loss: HostTensor };
  return Number(outputs.loss.data[0]);
}

/** Largest resident memory so far; the peers in Python ask the system the same way. */
function peakMemoryMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
