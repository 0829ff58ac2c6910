// npm run reproduce -- glue --model <folder> [--data <folder>] [--out <folder>] [--only scratch|pretrained] [--threads n] [--engine name] [--precision float32|bf16]
//
// What pretraining is worth: CoLA, MRPC, STS-B (three seeds, the median counts) and SST-2 (one seed, one epoch on 20,000
// examples), each from random weights and from a pretrained encoder, with the same budget. Every cell is a run of
// `npm run evaluate`: what is finished is not run again, and what was stopped goes on.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cell, glueTable, meanGain } from './reproduce-glue-table.js';
import { nodeFromSource } from './train-step.js';

/** Settings of Hugging Face's Trainer but for the rate, which is that of small ELECTRAs. */
const RECIPE = ['--recipe', 'huggingface', '--learning-rate', '3e-4'];

interface Part {
  readonly tasks: readonly string[];
  readonly seeds: number;
  readonly flags: readonly string[];
}

const PARTS: readonly Part[] = [
  { tasks: ['SST-2'], seeds: 1, flags: ['--epochs', '1', '--limit-train', '20000'] },
  { tasks: ['CoLA', 'MRPC', 'STS-B'], seeds: 3, flags: ['--epochs', '3'] },
];

const ARMS = ['scratch', 'pretrained'] as const;
type Arm = (typeof ARMS)[number];

/** @returns whether the pretrained encoder is better on the mean; true while an arm is left out */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      data: { type: 'string', default: 'data/glue' },
      out: { type: 'string', default: 'runs/reproduce-glue' },
      only: { type: 'string' },
      engine: { type: 'string', default: 'onnxruntime' },
      threads: { type: 'string', default: '0' },
      precision: { type: 'string', default: 'float32' },
    },
  });
  const { model, data, out, engine, threads, precision } = values;
  if (model === undefined)
    throw new RangeError(
      'reproduce: there is no --model: expected the folder of a pretrained encoder.\n' +
        'Give, for example, --model runs/hour/model/discriminator.',
    );
  const arms = values.only === undefined ? ARMS : [armNamed(values.only)];
  for (const arm of arms)
    for (const { tasks, seeds, flags } of PARTS) {
      const { status, signal } = spawnSync(
        process.execPath,
        [
          ...[...nodeFromSource().slice(1), evaluateProgram(), '--model', model, '--data', data],
          ...['--tasks', ...tasks, '--seeds', String(seeds), ...RECIPE, ...flags],
          ...['--engine', engine, '--threads', threads, '--precision', precision],
          ...['--out', join(out, arm), '--no-readme'],
          ...(arm === 'scratch' ? ['--from-scratch'] : []),
        ],
        { stdio: ['inherit', 'ignore', 'inherit'] },
      );
      if (status !== 0)
        throw new RangeError(
          `reproduce: fine-tuning of ${tasks.join(', ')} (${arm}) ended with ${signal ?? `code ${status}`}, expected code 0.\n` +
            'Its last lines say why; the same command goes on from there.',
        );
    }
  const cells = PARTS.flatMap(({ tasks, seeds }) =>
    tasks.map(
      (task): Cell => ({
        task,
        scratch: scoresOf(join(out, 'scratch', task), seeds),
        pretrained: scoresOf(join(out, 'pretrained', task), seeds),
      }),
    ),
  );
  console.log(glueTable(cells));
  const gain = meanGain(cells);
  return gain === undefined || gain > 0;
}

const evaluateProgram = (): string =>
  fileURLToPath(new URL('../../apps/evaluate/src/main.ts', import.meta.url));

function armNamed(name: string): Arm {
  const found = ARMS.find((arm) => arm === name);
  if (found) return found;
  throw new RangeError(
    `reproduce: --only is "${name}": expected scratch or pretrained.\nLeave it out for both.`,
  );
}

/** Scores of the finished runs of a task, by seed. */
function scoresOf(folder: string, seeds: number): number[] {
  return Array.from({ length: seeds }, (_, i) =>
    join(folder, `seed-${i + 1}`, 'result.json'),
  ).flatMap((path) => {
    if (!existsSync(path)) return [];
    const { kept } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly kept: { readonly score: number | null };
    };
    return [kept.score ?? Number.NaN];
  });
}
