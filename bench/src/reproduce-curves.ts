// npm run reproduce -- curves [--steps 300] [--size small|tiny] [--optimizers adamw,lamb]
//   [--preset alectra-small-owt|google-small-owt] [--engine onnxruntime] [--threads 2] [--text path]...
//   [--peak rate] [--control] [--double] [--inspect 1,5,20] [--seed 1] [--out runs/reproduce-curves]
//
// Trains our stack and a PyTorch reference (tools/reference/electra_curves.py, Hugging Face's models) side by side
// from the same first weights, on the same batches, masks and sampled tokens, dropout 0. Our side draws; the
// reference is told. Writes curves.json and SVG files, and fails if a loss differs by 1e-3 or more at any step.
//
// The learning rates are the first ones of the preset that the optimizer comes from; --peak squeezes a whole schedule to
// that peak into the steps instead, a tenth of them warm-up. At high rates training amplifies rounding, and two ways show
// how much: --control runs the reference again from weights changed by one part in ten million, --double runs it in
// float64, with which both stacks are compared, and after the steps of --inspect each of their tensors.

import '@tensorflow/tfjs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultSlots, type ElectraPreset, electraPreset } from '@alectra/electra-task';
import { registerGradients, registerKernels } from '@alectra/nn';
import { adamw, lamb, type Schedule, schedule } from '@alectra/optim';
import * as tf from '@tensorflow/tfjs-core';
import { describeMachine } from './machine.js';
import { type PreparedBatches, prepareBatches } from './reproduce-batches.js';
import {
  networkConfigs,
  oneOf,
  PRESETS,
  type PresetName,
  reproducedTask,
  SIZE_NAMES,
  SIZES,
  type SizeName,
} from './reproduce-networks.js';
import {
  type Distances,
  type Reference,
  type Setup,
  startReference,
  type Variant,
  writeWeights,
} from './reproduce-peer.js';
import {
  type Comparison,
  LIMIT,
  largest,
  printInspected,
  printLine,
  printTable,
  writeReport,
} from './reproduce-report.js';
import { ourStack } from './reproduce-step.js';
import { wholeNumber } from './whole-number.js';

/** About half the size of a float32 rounding step. */
const PERTURBATION = 1e-7;

/** Each optimizer with the settings and the schedule of the preset that has it. */
const OPTIMIZERS = {
  adamw: { make: adamw, of: 'google-small-owt' },
  lamb: { make: lamb, of: 'alectra-small-owt' },
} as const;
type OptimizerName = keyof typeof OPTIMIZERS;

interface Plan {
  readonly steps: number;
  readonly size: SizeName;
  readonly preset: PresetName;
  readonly optimizers: readonly OptimizerName[];
  readonly engine: 'onnxruntime' | 'tensorflow' | 'eager' | 'auto';
  readonly threads: number;
  readonly text: readonly string[];
  readonly seed: number;
  readonly out: string;
  readonly peak: number | undefined;
  readonly control: boolean;
  readonly double: boolean;
  /** Steps after which every tensor is compared with the float64 run. */
  readonly inspect: readonly number[];
}

export async function run(args: string[]): Promise<boolean> {
  const plan = planOf(args);
  await tf.ready();
  registerKernels();
  registerGradients();
  await mkdir(plan.out, { recursive: true });
  const work = await mkdtemp(join(plan.out, 'work-'));
  try {
    const comparisons: Comparison[] = [];
    const command = ['npm run reproduce -- curves', ...args].join(' ');
    console.log(describeMachine());
    for (const optimizer of plan.optimizers) {
      const report = (comparison: Comparison): Promise<void> =>
        writeReport(plan.out, { ...plan, command }, [...comparisons, comparison]);
      const comparison = await compare(plan, optimizer, join(work, optimizer), report);
      await report(comparison);
      comparisons.push(comparison);
    }
    printTable(comparisons);
    console.log(`\nwritten: ${join(plan.out, 'curves.json')} and SVG files beside it`);
    return comparisons.every(({ ours, theirs }) => Math.max(...largest(ours, theirs)) < LIMIT);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function compare(
  plan: Plan,
  name: OptimizerName,
  work: string,
  report: (soFar: Comparison) => Promise<void>,
): Promise<Comparison> {
  const { steps, size, threads, seed, engine } = plan;
  const { rows, length } = SIZES[size];
  const { make, of } = OPTIMIZERS[name];
  const { optimizer, schedule: original } = electraPreset(of);
  const { maxGradientNorm } = optimizer;
  await mkdir(work, { recursive: true });
  const prepared = await batchesOf(plan, work);
  const reproduced = reproducedTask(plan.preset, size, prepared, seed);
  const { settings } = reproduced.task;
  const setup: Setup = {
    ...optimizer,
    optimizer: name,
    maxGradientNorm: maxGradientNorm ?? 0,
    rows,
    length,
    slots: settings.maskSlots ?? defaultSlots(settings, length),
  };
  const { name: _, flavour: _flavour, maxGradientNorm: _norm, ...rule } = optimizer;
  const rate = rateOf(plan, original);
  const ours = await ourStack(reproduced, {
    ...{ optimizer: make(rule), maxGradientNorm, rows, length, seed, engine, threads },
  });
  const references: Reference[] = [];
  const start = async (isWanted: boolean, variant?: Variant): Promise<Reference | undefined> => {
    if (!isWanted) return undefined;
    const reference = await startReference(work, reproduced, setup, threads, variant);
    references.push(reference);
    return reference;
  };
  try {
    const theirs = (await start(true)) as Reference; // true: started, or thrown
    const control = await start(plan.control, { perturb: PERTURBATION });
    const double = await start(plan.double, { double: true });
    const comparison: Comparison = {
      optimizer: name,
      rates: plan.peak === undefined ? `the first of ${of}` : `peak ${plan.peak}`,
      engine: ours.engine,
      reference: theirs.versions,
      parameters: theirs.parameters,
      ours: [],
      theirs: [],
      ...(control && { control: [] }),
      ...(double && { double: [] }),
      inspected: [],
      distance: Number.NaN,
    };
    console.log(
      `\n${plan.preset} (${size}), ${name}, learning rates: ${comparison.rates}; ours on ${ours.engine}, theirs ` +
        `${theirs.versions}; ${theirs.parameters.toLocaleString('en-US')} parameters, ${rows} x ${length} tokens, ` +
        `vocabulary ${prepared.vocabulary.toLocaleString('en-US')} from ${prepared.documents} documents`,
    );
    const distance = async (from: Reference): Promise<Distances> => {
      const folder = join(work, 'ours');
      await writeWeights(folder, reproduced, await ours.parameters());
      return from.distances(folder);
    };
    for (let step = 0; step < steps; step++) {
      const batch = await prepared.source.next();
      if (!batch) throw new Error('reproduce: the batches have ended, expected no end.');
      const { losses, draws } = await ours.step(batch, step, rate(step));
      comparison.ours.push(losses);
      comparison.theirs.push(await theirs.step(batch, draws, rate(step)));
      if (control) comparison.control?.push(await control.step(batch, draws, rate(step)));
      if (double) comparison.double?.push(await double.step(batch, draws, rate(step)));
      if (double && plan.inspect.includes(step + 1)) {
        const folder = join(work, 'theirs');
        await theirs.save(folder);
        const inspected = {
          step: step + 1,
          ours: await distance(double),
          theirs: await double.distances(folder),
        };
        comparison.inspected.push(inspected);
        printInspected(inspected);
      }
      if (printLine(comparison, steps)) await report(comparison);
    }
    return { ...comparison, distance: (await distance(theirs)).all };
  } finally {
    for (const reference of references) reference.stop();
    ours.dispose();
  }
}

/** The preset's rates from its first step on, or a whole schedule within the steps of the comparison. */
function rateOf({ peak, steps }: Plan, original: ElectraPreset['schedule']): Schedule {
  if (peak === undefined) return schedule(original);
  const warmupSteps = Math.round(steps / 10);
  return schedule({ shape: 'piecewise', peakLearningRate: peak, warmupSteps, totalSteps: steps });
}

function batchesOf({ size, text, seed, preset }: Plan, folder: string): Promise<PreparedBatches> {
  const { rows, length } = SIZES[size];
  const vocabulary = Number(networkConfigs(preset, size).generator.vocab_size);
  return prepareBatches({ folder, text, vocabulary, rows, length, seed });
}

function planOf(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      steps: { type: 'string', default: '300' },
      size: { type: 'string', default: 'small' },
      preset: { type: 'string', default: 'alectra-small-owt' },
      optimizers: { type: 'string', default: 'adamw,lamb' },
      engine: { type: 'string', default: 'onnxruntime' },
      threads: { type: 'string', default: '2' },
      text: { type: 'string', multiple: true, default: [] },
      peak: { type: 'string' },
      control: { type: 'boolean', default: false },
      double: { type: 'boolean', default: false },
      inspect: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'runs/reproduce-curves' },
    },
  });
  return {
    steps: wholeNumber('steps', values.steps),
    size: oneOf('size', values.size, SIZE_NAMES),
    preset: oneOf('preset', values.preset, PRESETS),
    optimizers: values.optimizers
      .split(',')
      .map((name) => oneOf('optimizers', name, Object.keys(OPTIMIZERS) as OptimizerName[])),
    engine: oneOf('engine', values.engine, ['onnxruntime', 'tensorflow', 'eager', 'auto'] as const),
    threads: wholeNumber('threads', values.threads),
    text: values.text,
    seed: wholeNumber('seed', values.seed),
    out: values.out,
    peak: values.peak === undefined ? undefined : positive('peak', values.peak),
    control: values.control,
    double: values.double,
    inspect:
      values.inspect === ''
        ? []
        : values.inspect.split(',').map((text) => wholeNumber('inspect', text)),
  };
}

function positive(option: string, text: string): number {
  const found = Number(text);
  if (found > 0 && Number.isFinite(found)) return found;
  throw new RangeError(
    `reproduce: --${option} is "${text}": expected a positive number.\nCorrect it and start again.`,
  );
}
