// Our side of the fine-tuning bench: one task in a process of its own, speaking the protocol of contestant.ts.

import '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { AlbertForSequenceClassification } from '@alectra/albert';
import {
  type Batch,
  batchTensors,
  CACHED_TOKENS,
  chooseWidths,
  encodeExamples,
  evaluationBatches,
  finetuneTask,
  fittingBatches,
  groupWidths,
  narrowed,
  predictStep,
  recipes,
  type SentenceEncoder,
  type TokenBatch,
  trainingBatches,
  widthCount,
} from '@alectra/glue';
import type { EngineName, Precision } from '@alectra/jit';
import { registerGradients, registerKernels } from '@alectra/nn';
import { adamw } from '@alectra/optim';
import { compilePrograms, type HostTensors } from '@alectra/trainer';
import { WordPieceTokenizer } from '@alectra/wordpiece';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    train: { type: 'string', default: '' },
    validation: { type: 'string', default: '' },
    engine: { type: 'string', default: 'onnxruntime' },
    threads: { type: 'string', default: '2' },
    precision: { type: 'string', default: 'float32' },
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
const lengthsOf = (examples: typeof train): number[] => examples.map(({ ids }) => ids.length);
const epochSteps = Math.ceil(train.length / batchSize);
const groups = groupWidths(lengthsOf(train), epochSteps);
// of engines that compile for each: at most 8 of them, evaluate would take up to 12 for a run of an hour
const widths = chooseWidths(lengthsOf([...train, ...validation]), {
  ...{ most: Math.min(8, widthCount(recipe.epochs * epochSteps)), multipleOf: 4 },
});
const cut = { batchSize, widths, tokens: CACHED_TOKENS };
const optimizer = adamw({
  weightDecay: recipe.weightDecay,
  epsilon: recipe.epsilon,
  biasCorrection: recipe.biasCorrection,
});
const { config } = model;
const encoder: SentenceEncoder = {
  logits: (params, inputs, given) =>
    AlbertForSequenceClassification.forward(params, config, inputs, given).logits,
};
const asked = { encoder, isRegression: false };
const predict = predictStep(asked);
const layout = { padId: config.padTokenId, isRegression: false };
const ids = { dtype: 'int32', shape: ['batch', 'sequence'] } as const;
const shapes = { inputIds: ids, attentionMask: ids, tokenTypeIds: ids };

const started = performance.now();
const programs = await compilePrograms(
  {
    ...{ task: finetuneTask(asked), optimizer, maxGradientNorm: recipe.maxGradientNorm },
    ...{ accumulation: 1, engine: values.engine as EngineName, threads },
    precision: values.precision as Precision,
    inputs: {
      ...shapes,
      labels: { dtype: 'int32', shape: ['batch'] },
      weights: { dtype: 'float32', shape: ['batch'] },
    },
    evaluation: {
      inputs: shapes,
      async *batches({ anySize }) {
        const batchesOf = anySize ? fittingBatches : evaluationBatches;
        for (const batch of batchesOf(validation, cut)) {
          const { inputIds, attentionMask, tokenTypeIds } = batchTensors(batch, layout);
          yield { inputIds, attentionMask, tokenTypeIds };
        }
      },
      step: (parameters, batch) =>
        predict({ parameters }, { batch: batch as unknown as TokenBatch }).outputs, // of `batches`
      summarise: (outputs) => ({ batches: outputs.length }),
    },
  },
  { parameters: await hostTensors(model.params) },
);

let steps = 0;
let rounds = 0;
const padded = programs.anySize ? undefined : widths;
const epochOf = (epoch: number): Batch[] =>
  trainingBatches(train, { batchSize, widths: groups, seed: 1, epoch })
    .map((batch) => narrowed(batch, padded))
    .sort((a, b) => a.width - b.width);
// the first batch of a width compiles or the widest one allocates memory, and so does the first evaluation
const once = epochOf(0);
for (const width of padded ?? [once.at(-1)?.width])
  for (const batch of once.filter((one) => one.width === width).slice(0, 1)) await update(batch);
await programs.evaluate(1);
const seconds = ((performance.now() - started) / 1e3).toFixed(1);
answer({
  versions: `${programs.engine}, ${padded ? `widths ${padded.join(', ')}` : 'for all widths'}, compiled and run once in ${seconds} s`,
});
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as { steps?: number; memory?: boolean };
  if (question.memory) answer({ peakMiB: process.resourceUsage().maxRSS / 1024 });
  else answer({ seconds: await timed(question.steps ?? 1) });
}

/** Of a training step, over batches that stand for an epoch, and of one evaluation: seconds, then those of the processor. */
async function timed(batches: number): Promise<number[]> {
  rounds++;
  const chosen = spread(epochOf(rounds), batches);
  const training = await clocked(async () => {
    for (const batch of chosen) await update(batch);
  });
  const evaluation = await clocked(() => programs.evaluate(1));
  const step = training.map((seconds) => seconds / chosen.length);
  return [step[0], evaluation[0], step[1], evaluation[1]];
}

/** Seconds, and those of the processor. */
async function clocked(work: () => Promise<unknown>): Promise<[number, number]> {
  const begin = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return [(performance.now() - begin) / 1e3, (user + system) / 1e6];
}

/** `count` items at equal distances, from the middle of each stretch. */
function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
  );
}

async function update(batch: Batch): Promise<void> {
  const step = steps++;
  const { learningRate } = recipe;
  await programs.step(async () => ({ ...batchTensors(batch, layout) }), {
    ...{ seed: 1, step, learningRate, limits: { loss: 1e9, norm: 1e9 } },
  });
}

async function hostTensors(params: typeof model.params): Promise<HostTensors> {
  const entries = Object.entries(params).map(async ([name, tensor]) => {
    const data = Float32Array.from(await tensor.data<'float32'>());
    return [name, { dtype: 'float32', shape: tensor.shape, data }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

interface Row {
  readonly text: string;
  readonly pair?: string;
  readonly label: number;
}
