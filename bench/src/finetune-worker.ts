// Our side of the fine-tuning bench: one task in a process of its own, speaking the protocol of contestant.ts.

import '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { AlbertForSequenceClassification } from '@alectra/albert';
import {
  type Batch,
  batchTensors,
  chooseWidths,
  encodeExamples,
  evaluationBatches,
  type FinetuneOptions,
  finetuneStep,
  predictStep,
  recipes,
  trainingBatches,
  widthCount,
} from '@alectra/glue';
import { compile, type EngineName, type Program, type TensorSpec } from '@alectra/jit';
import { registerGradients, registerKernels } from '@alectra/nn';
import { adamw } from '@alectra/optim';
import { WordPieceTokenizer } from '@alectra/wordpiece';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    train: { type: 'string', default: '' },
    validation: { type: 'string', default: '' },
    engine: { type: 'string', default: 'onnxruntime' },
    threads: { type: 'string', default: '2' },
  },
});
const batchSize = 32;
const threads = Number(values.threads);
const recipe = recipes.huggingface;

registerGradients();
registerKernels();
const model = await AlbertForSequenceClassification.fromPretrained(values.model);
const tokenizer = await WordPieceTokenizer.fromPretrained(values.model);
const read = (path: string) =>
  encodeExamples(
    tokenizer,
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line, index) => {
        const { text, pair, label } = JSON.parse(line) as Row;
        return { index, text, textPair: pair, label };
      }),
    { maxLength: recipe.maxLength },
  );
const train = read(values.train);
const validation = read(values.validation);
const lengths = [...train, ...validation].map(({ ids }) => ids.length);
// at most 8 of them: evaluate would compile up to 12 for a run of an hour, which this is not
const epochSteps = Math.ceil(train.length / batchSize);
const most = Math.min(8, widthCount(recipe.epochs * epochSteps));
const widths = chooseWidths(lengths, { most, multipleOf: 4 });
const heldOut = evaluationBatches(validation, { batchSize, widths });
const optimizer = adamw({
  weightDecay: recipe.weightDecay,
  epsilon: recipe.epsilon,
  biasCorrection: recipe.biasCorrection,
});
const { config } = model;
const options: FinetuneOptions = {
  encoder: {
    logits: (params, inputs, given) =>
      AlbertForSequenceClassification.forward(params, config, inputs, given).logits,
  },
  isRegression: false,
};
const step = finetuneStep({ ...options, optimizer, maxGradientNorm: recipe.maxGradientNorm });

const started = performance.now();
const scalar = { dtype: 'float32', shape: [] } as const;
const count = { dtype: 'int32', shape: [] } as const;
const trainers = new Map<number, Program>();
const predictors = new Map<number, Program>();
const state = { parameters: model.params, optimizer: optimizer.init(model.params) };
const engine = values.engine as EngineName;
let main: Program | undefined;
for (const width of widths) {
  const ids = { dtype: 'int32', shape: [batchSize, width] } as const;
  const tokens = { inputIds: ids, attentionMask: ids, tokenTypeIds: ids };
  const rows = (dtype: 'int32' | 'float32'): TensorSpec => ({ dtype, shape: [batchSize] });
  const inputs = {
    batch: { ...tokens, labels: rows('int32'), weights: rows('float32') },
    random: { seed: count, counter: count },
    learningRate: scalar,
    step: scalar,
  };
  const program: Program = main
    ? await main.compile(step, { inputs })
    : await compile(step, { state, inputs, engine, threads });
  main ??= program;
  trainers.set(width, program);
  if (heldOut.some((batch) => batch.width === width))
    predictors.set(width, await main.compile(predictStep(options), { inputs: { batch: tokens } }));
}
const compileSeconds = (performance.now() - started) / 1e3;

let steps = 0;
let rounds = 0;
// the first call of a program allocates its memory
const once = trainingBatches(train, { batchSize, widths, seed: 1, epoch: 0 });
for (const width of widths) {
  const isOfWidth = (batch: Batch): boolean => batch.width === width;
  for (const batch of once.filter(isOfWidth).slice(0, 1)) await update(batch);
  for (const batch of heldOut.filter(isOfWidth).slice(0, 1)) await predict(batch);
}
answer({
  versions: `${main?.engine}, ${trainers.size + predictors.size} programs for widths ${widths.join(', ')} compiled in ${compileSeconds.toFixed(1)} s`,
});
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as { steps?: number; memory?: boolean };
  if (question.memory) answer({ peakMiB: process.resourceUsage().maxRSS / 1024 });
  else answer({ seconds: await timed(question.steps ?? 1) });
}

/** Seconds of a training step, over batches that stand for an epoch, and of one evaluation. */
async function timed(batches: number): Promise<[number, number]> {
  rounds++;
  const epoch = trainingBatches(train, { batchSize, widths, seed: 1, epoch: rounds });
  const chosen = spread(
    epoch.sort((a, b) => a.width - b.width),
    batches,
  );
  let begin = performance.now();
  for (const batch of chosen) await update(batch);
  const stepSeconds = (performance.now() - begin) / 1e3 / chosen.length;
  begin = performance.now();
  for (const batch of heldOut) await predict(batch);
  return [stepSeconds, (performance.now() - begin) / 1e3];
}

/** `count` items at equal distances, from the middle of each stretch. */
function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
  );
}

async function update(batch: Batch): Promise<void> {
  steps++;
  await programFor(trainers, batch).run({
    batch: { ...batchTensors(batch, { batchSize, padId: config.padTokenId, isRegression: false }) },
    random: { seed: Int32Array.of(1), counter: Int32Array.of(steps) },
    learningRate: Float32Array.of(recipe.learningRate),
    step: Float32Array.of(steps),
  });
}

async function predict(batch: Batch): Promise<void> {
  const { inputIds, attentionMask, tokenTypeIds } = batchTensors(batch, {
    ...{ batchSize, padId: config.padTokenId, isRegression: false },
  });
  await programFor(predictors, batch).run({ batch: { inputIds, attentionMask, tokenTypeIds } });
}

function programFor(programs: ReadonlyMap<number, Program>, { width }: Batch): Program {
  const program = programs.get(width);
  if (!program) throw new Error(`unreachable: no program for width ${width}`);
  return program;
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

interface Row {
  readonly text: string;
  readonly pair?: string;
  readonly label: number;
}
