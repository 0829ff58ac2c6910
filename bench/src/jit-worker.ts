// One way of running the train step in TensorFlow.js, in a process of its own, speaking the protocol of contestant.ts.
//
//   --engine onnxruntime | tensorflow | eager   --backend cpu | wasm | tensorflow (eager only)   --precision float32 | bf16
//   --provider cpu | webgpu | cuda (onnxruntime only)   --size full | small

import '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  compile,
  type EngineName,
  type HostTensor,
  type Provider,
  registerTrainingKernels,
  requireTensorflow,
} from '@alectra/jit';
import { registerGradients, registerKernels } from '@alectra/nn';
import * as tf from '@tensorflow/tfjs-core';
import { bestProduct } from './best-product.js';
import { trainStepProgram } from './train-step-program.js';
import { SMALL_STEP, TRAIN_STEP } from './train-step-shape.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnxruntime' },
    backend: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
    provider: { type: 'string', default: 'cpu' },
    size: { type: 'string', default: 'full' },
    threads: { type: 'string', default: '2' },
    modules: { type: 'string', default: process.cwd() },
  },
});
const threads = Number(values.threads);
const engine = values.engine as EngineName;
// Packages that are no dependencies of this repository are looked up from the working directory.
process.chdir(values.modules);

const { initialState, inputSpecs, randomBatch, trainStep } = trainStepProgram(
  values.size === 'small' ? SMALL_STEP : TRAIN_STEP,
);
registerGradients();
if (engine === 'eager') await activateBackend(values.backend);
const started = performance.now();
const program = await compile(trainStep, {
  state: initialState(),
  inputs: inputSpecs(),
  engine,
  threads,
  precision: values.precision === 'bf16' ? 'bf16' : 'float32',
  provider: values.provider as Provider,
});
const compiled = performance.now();
const batch = randomBatch();
let counter = 0;
const firstLoss = await step();
const compileSeconds = (compiled - started) / 1e3;
const firstSeconds = (performance.now() - compiled) / 1e3;
const prepared = program.timings();
answer({
  firstLoss,
  traceSeconds: (prepared.traceMs + prepared.emitMs) / 1e3,
  loadSeconds: prepared.loadMs / 1e3,
  firstSeconds,
  overhead: engine === 'eager' ? undefined : await overhead(),
  bestProduct: await bestProduct(engine, threads),
  versions: `${program.engine === 'eager' ? `eager on ${tf.getBackend()}` : program.engine}, compiled in ${compileSeconds.toFixed(2)} s, first step after ${firstSeconds.toFixed(2)} s more`,
});

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as { steps?: number; memory?: boolean };
  if (question.memory) answer({ peakMiB: peakMemoryMiB() });
  else answer({ seconds: await timed(question.steps ?? 1) });
}

async function activateBackend(name: string): Promise<void> {
  if (name === 'tensorflow') await requireTensorflow({ tensorflowFrom: values.modules, threads });
  if (name === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    wasm.setThreadsCount(threads);
  }
  if (!(await tf.setBackend(name))) throw new Error(`bench: backend ${name} did not start.`);
  await tf.ready();
  registerTrainingKernels(name);
  registerKernels(name);
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

/** What a call costs beside the engine's own time, over that time. The first call does not count: it may still load. */
async function overhead(): Promise<number> {
  await timed(4);
  const { callMs, engineMs } = program.timings();
  const inside = engineMs - prepared.engineMs;
  return (callMs - prepared.callMs - inside) / inside;
}

function peakMemoryMiB(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
