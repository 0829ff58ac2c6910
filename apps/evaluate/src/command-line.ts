// Subcommands and flags.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hubOptionsFromEnv } from '@alectra/checkpoint';
import {
  cardScores,
  checkSubmission,
  describeDefect,
  downloadTask,
  glueTasks,
  type RecipeName,
  type ResultRow,
  recipes,
  type TaskName,
  textTable,
} from '@alectra/glue';
import type { EngineName, Precision } from '@alectra/jit';
import { INTERRUPTED_EXIT_CODE, stopSignals } from '@alectra/trainer';
import { Command } from 'commander';
import { standardError } from './console.js';
import { type DiagnoseOptions, diagnose } from './diagnose.js';
import { availableTasks, evaluate } from './evaluate.js';
import { explainErrors } from './explain-errors.js';
import {
  anyTasks,
  fill,
  keep,
  positive,
  positiveWhole,
  precision,
  recipe,
  tasks,
  whole,
} from './flag-values.js';
import { modelFolder, modelName } from './model-name.js';
import { probeTasks } from './probe-tasks.js';
import { report, writeModelIndex, writeReport } from './report.js';
import { submit } from './submit.js';
import { UsageError } from './usage-error.js';

interface EvaluateFlags {
  readonly model: string;
  readonly data: string;
  readonly tasks?: readonly TaskName[];
  readonly seeds: number;
  readonly firstSeed: number;
  readonly recipe: RecipeName;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly maxLength?: number;
  readonly limitTrain?: number;
  readonly fromScratch?: boolean;
  readonly intermediate: boolean;
  readonly evaluationsPerEpoch: number;
  readonly keep: 'last' | 'best';
  readonly engine: EngineName | 'auto';
  readonly threads: number;
  readonly precision: Precision;
  readonly checkpointSeconds: number;
  readonly out?: string;
  readonly readme: boolean;
  readonly anySize?: boolean;
}

interface ProbeFlags {
  readonly model: string;
  readonly data: string;
  readonly tasks?: readonly TaskName[];
  readonly limitTrain: number;
  readonly maxLength: number;
  readonly fromScratch?: boolean;
  readonly anySize?: boolean;
  readonly engine: EngineName | 'auto';
  readonly threads: number;
}

interface SubmitFlags {
  readonly runs: string;
  readonly data: string;
  readonly out: string;
  readonly fill?: 'majority';
  readonly engine: EngineName | 'auto';
  readonly threads: number;
}

export function createProgram(): Command {
  const program = new Command('alectra-evaluate')
    .description('Fine-tune an encoder on GLUE, score it, and write tables and submissions')
    .exitOverride();
  addDownload(program);
  addEvaluate(program);
  addProbe(program);
  addErrors(program);
  addDiagnostic(program);
  addSubmission(program);
  return program;
}

function addDownload(program: Command): void {
  program
    .command('download')
    .description('bring the official files, verified by SHA-256; what is there already is kept')
    .option('--data <folder>', 'where they go', 'data/glue')
    .option('--tasks <names...>', 'tasks (default: all ten, 0.4 GB)', anyTasks)
    .action(async ({ data, tasks }: { data: string; tasks?: readonly TaskName[] }) => {
      const live = standardError();
      for (const task of Object.values(glueTasks)) {
        if (tasks && !tasks.includes(task.name)) continue;
        await downloadTask(task, data, {
          onEvent: (event) => {
            if (event.type === 'retry')
              live.say(`${event.file}: ${event.reason}; again in ${event.waitMs / 1000} s`);
          },
        });
        console.log(`${task.title}: in ${data}, verified`);
      }
    });
}

function addEvaluate(program: Command): void {
  program
    .command('finetune', { isDefault: true })
    .description(
      'fine-tune on each task and print the table; runs that are finished are not run again',
    )
    .requiredOption(
      '--model <name>',
      'folder or hub id of an encoder, or a run of npm run pretrain',
    )
    .option('--data <folder>', 'folder of GLUE', 'data/glue')
    .option('--tasks <names...>', 'tasks (default: all whose data is there)', tasks)
    .option('--seeds <number>', 'fine-tunings of each task', positiveWhole, 5)
    .option('--first-seed <number>', 'the seeds are this and the next', whole, 1)
    .option('--recipe <name>', Object.keys(recipes).join(', '), recipe, 'electra')
    .option('--epochs <number>', 'in place of the recipe: passes over the training set', positive)
    .option('--batch-size <number>', 'in place of the recipe', positiveWhole)
    .option('--learning-rate <number>', 'in place of the recipe: peak of the schedule', positive)
    .option('--max-length <number>', 'in place of the recipe: tokens of an example', positiveWhole)
    .option('--limit-train <number>', 'most training examples', positiveWhole)
    .option('--from-scratch', 'random weights of the same configuration: the baseline')
    .option('--no-intermediate', 'start every task from the model, whatever the recipe says')
    .option('--evaluations-per-epoch <number>', 'how often to evaluate', positive, 1)
    .option('--keep <which>', 'the evaluation that counts: last or best', keep, 'last')
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager', 'auto')
    .option('--threads <number>', 'threads of the engine; 0 leaves it the choice', whole, 0)
    .option('--precision <type>', 'float32, or bf16 with engine tensorflow', precision, 'float32')
    .option('--checkpoint-seconds <number>', 'training time at risk', positive, 60)
    .option('--out <folder>', 'where the runs go (default: runs/glue/<model>-<recipe>)')
    .option('--no-readme', "leave the model's README.md alone")
    .option('--any-size', 'accept data of another size than the official')
    .action(runEvaluate);
}

function addProbe(program: Command): void {
  program
    .command('probe')
    .description('a linear head on the frozen encoder: seconds a task, for a first look')
    .requiredOption('--model <name>', 'as for fine-tuning')
    .option('--data <folder>', 'folder of GLUE', 'data/glue')
    .option('--tasks <names...>', 'tasks (default: all whose data is there)', tasks)
    .option('--limit-train <number>', 'most training examples', positiveWhole, 4000)
    .option('--max-length <number>', 'tokens of an example', positiveWhole, 128)
    .option('--from-scratch', 'random weights of the same configuration: the baseline')
    .option('--any-size', 'accept data of another size than the official')
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager', 'auto')
    .option('--threads <number>', 'threads of the engine; 0 leaves it the choice', whole, 0)
    .action(async (flags: ProbeFlags) => {
      const { fromScratch = false, anySize = false, ...rest } = flags;
      const model = modelFolder(flags.model);
      const name = modelName(model);
      const scores = await probeTasks({
        ...{ ...rest, model, fromScratch, anySize, console: standardError() },
        tasks: await chosenTasks(flags.data, flags.tasks),
        source: { hub: hubOptionsFromEnv(process.env, homedir()) },
      });
      const row: ResultRow = {
        system: fromScratch ? `${name}, random weights` : name,
        set: 'dev',
        aggregation: `linear probe, at most ${flags.limitTrain} examples`,
        scores: cardScores(scores),
      };
      console.log(textTable([row]));
    });
}

function addErrors(program: Command): void {
  program
    .command('errors')
    .description('confusion, calibration and worst examples of a finished run, as Markdown')
    .argument('<run>', 'folder of a run, such as runs/glue/x/CoLA/seed-1')
    .option('--data <folder>', 'folder of GLUE', 'data/glue')
    .option('--worst <number>', 'examples to show', positiveWhole, 10)
    .option('--any-size', 'accept data of another size than the official', false)
    .action(async (run: string, flags: { data: string; worst: number; anySize: boolean }) => {
      console.log(await explainErrors({ run, ...flags }));
    });
}

function addDiagnostic(program: Command): void {
  program
    .command('diagnostic')
    .description('a run of MNLI on the diagnostic set, by linguistic category, as Markdown')
    .argument('<run>', 'folder of a run of MNLI, such as runs/glue/x/MNLI/seed-1')
    .option('--data <folder>', 'holds diagnostic/diagnostic-full.tsv', 'data/glue')
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager', 'auto')
    .option('--threads <number>', 'threads of the engine; 0 leaves it the choice', whole, 0)
    .action(async (run: string, flags: Omit<DiagnoseOptions, 'run'>) => {
      console.log(await diagnose({ run, ...flags }));
    });
}

function addSubmission(program: Command): void {
  program
    .command('submit')
    .description(
      "answer the test sets by each task's best run on dev, as an archive for the leaderboard",
    )
    .requiredOption('--runs <folder>', 'where the runs of an evaluation are')
    .option('--data <folder>', 'folder of GLUE', 'data/glue')
    .option('--out <file>', 'the archive', 'submission.zip')
    .option('--fill <how>', 'majority: answer sets without a run by the most frequent class', fill)
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager', 'auto')
    .option('--threads <number>', 'threads of the engine; 0 leaves it the choice', whole, 0)
    .action(async (flags: SubmitFlags) => {
      const live = standardError();
      const { filled } = await submit({ ...flags, console: live });
      for (const name of filled)
        console.log(`${name}: no run, filled with the answer most frequent in training`);
      console.log(`written: ${flags.out}`);
    });
  program
    .command('check')
    .description('every defect of a submission, before it is uploaded')
    .argument('<archive>', 'zip file')
    .action(async (archive: string) => {
      const defects = await checkSubmission(archive);
      for (const defect of defects) console.log(describeDefect(defect));
      if (defects.length === 0) console.log(`${archive}: eleven files, no defect`);
      else process.exitCode = 1;
    });
}

async function runEvaluate(flags: EvaluateFlags): Promise<void> {
  const { data, fromScratch = false, anySize = false, limitTrain, readme, ...rest } = flags;
  const model = modelFolder(flags.model);
  const name = modelName(model);
  const system = fromScratch ? `${name}, random weights` : name;
  const out =
    flags.out ??
    join(
      'runs/glue',
      [name.replaceAll('/', '--'), flags.recipe, ...(fromScratch ? ['from-scratch'] : [])].join(
        '-',
      ),
    );
  const chosen = await chosenTasks(data, flags.tasks);
  const live = standardError();
  const stop = stopSignals((signal) =>
    live.say(`${signal}: finishing this step, then saving (Ctrl-C again stops at once)`),
  );
  const base = recipes[flags.recipe];
  try {
    const { status, runs } = await evaluate({
      ...{
        model,
        data,
        anySize,
        out,
        fromScratch,
        tasks: chosen,
        console: live,
        signal: stop.signal,
      },
      source: { hub: hubOptionsFromEnv(process.env, homedir()) },
      seeds: Array.from({ length: rest.seeds }, (_, i) => rest.firstSeed + i),
      recipe: {
        ...base,
        ...(flags.maxLength !== undefined && { maxLength: flags.maxLength }),
        ...(!flags.intermediate && { startFrom: {} }),
      },
      settings: {
        ...(flags.epochs !== undefined && { epochs: flags.epochs }),
        ...(flags.batchSize !== undefined && { batchSize: flags.batchSize }),
        ...(flags.learningRate !== undefined && { learningRate: flags.learningRate }),
      },
      ...(limitTrain !== undefined && { limitTrain }),
      ...{ evaluationsPerEpoch: rest.evaluationsPerEpoch, keep: rest.keep },
      ...{ engine: rest.engine, threads: rest.threads, precision: rest.precision },
      checkpointSeconds: rest.checkpointSeconds,
    });
    live.end();
    if (Object.values(runs).some(({ length }) => length > 0)) {
      const facts = {
        model,
        recipe: `${base.name} (${base.source})`,
        ...(limitTrain !== undefined && { 'training examples': `at most ${limitTrain}` }),
      };
      const result = report({ system, runs, facts });
      await writeReport(out, result);
      if (
        status === 'finished' &&
        readme &&
        !fromScratch &&
        existsSync(join(model, 'config.json'))
      ) {
        // a card's figures are compared with others
        const isOfficial = limitTrain === undefined && !anySize;
        if (isOfficial) await writeModelIndex(model, name, result.scores);
        else
          console.error("README.md of the model left alone: these are not GLUE's own sets, whole");
      }
      console.log(result.text);
      console.error(`written: ${join(out, 'results.json')}, ${join(out, 'results.md')}`);
    }
    if (status === 'interrupted') {
      console.error('Stopped. The same command goes on where it was.');
      process.exitCode = INTERRUPTED_EXIT_CODE;
    }
  } finally {
    live.end();
    stop.release();
  }
}

async function chosenTasks(
  data: string,
  given: readonly TaskName[] | undefined,
): Promise<readonly TaskName[]> {
  if (!existsSync(data))
    throw new UsageError(
      `evaluate: there is no folder ${data}: expected the data of GLUE (CoLA, SST-2, … as published).\n` +
        'Give --data with its place.',
    );
  const found = given ?? (await availableTasks(data));
  if (found.length > 0) return found;
  throw new UsageError(
    `evaluate: there is no task in ${data}: expected folders or archives such as CoLA or MRPC.\n` +
      'Give --data with the folder that holds them.',
  );
}
