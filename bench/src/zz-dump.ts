import '@tensorflow/tfjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { compile } from '@alectra/jit';
import { registerGradients } from '@alectra/nn';
import { TensorflowSession } from '../../packages/jit/src/tensorflow/session.js';
import { initialState, inputSpecs, trainStep } from './train-step-program.js';

registerGradients();
const dir = process.argv[2];
const fs = await import('node:fs');
// keep the folder
mkdirSync(dir + '/variables', { recursive: true });
const { startTensorflow } = await import('../../packages/jit/src/tensorflow/addon.js');
const addon: any = await startTensorflow({ tensorflowFrom: '/tmp/tfjs', threads: 1 });
const orig = addon.loadSavedModel;
addon.loadSavedModel = (d: string, t: string) => {
  fs.copyFileSync(d + '/saved_model.pb', dir + '/saved_model.pb');
  return orig(d, t);
};
const p = await compile(trainStep, {
  state: initialState(),
  inputs: inputSpecs(),
  engine: 'tensorflow',
  threads: 1,
  tensorflowFrom: '/tmp/tfjs',
  precision: (process.argv[3] as any) ?? 'float32',
});
try {
  await p.readState();
  await (p as any).run({});
} catch (e) {}
const { randomBatch } = await import('./train-step-program.js');
await p.run({
  ...randomBatch(),
  seed: Int32Array.of(1),
  counter: Int32Array.of(1),
  learningRate: Float32Array.of(1e-4),
});
process.exit(0);
