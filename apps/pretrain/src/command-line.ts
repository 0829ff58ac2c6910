// Subcommands and flags.

import { stopSignals } from '@alectra/trainer';
import { Command, InvalidArgumentError } from 'commander';
import { detectReplaced, fillMask } from './ask.js';
import { compare } from './compare.js';
import { standardError } from './console.js';
import { dryRun, formatEstimate } from './dry-run.js';
import { exitCodeOfStatus } from './exit-code.js';
import { percent } from './model-card.js';
import { writeOnnx } from './onnx.js';
import { presets } from './presets.js';
import { type PretrainSummary, pretrain, recipeOfRun } from './pretrain.js';
import { quickstart } from './quickstart.js';
import { type RecipeSources, resolveRecipe } from './recipe-file.js';
import { shellWord } from './shell-word.js';
import { UsageError } from './usage-error.js';

interface PretrainFlags {
  readonly preset?: string;
  readonly recipe?: string;
  readonly set?: string[];
  readonly text?: string[];
  readonly shards?: string;
  readonly vocabulary?: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly engine?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly exact?: boolean;
  readonly initFrom?: string;
  readonly probe?: string;
  readonly allowConfigChange?: string[];
  readonly dryRun?: boolean;
}

export function createProgram(): Command {
  const program = new Command('alectra-pretrain')
    .description('Pretrain ALECTRA: raw text to an exported Hugging Face folder')
    .exitOverride();
  addPretrain(program);
  addQuickstart(program);
  addQuestions(program);
  addOnnx(program);
  addCompare(program);
  return program;
}

function addPretrain(program: Command): void {
  program
    .command('pretrain', { isDefault: true })
    .description('train from a recipe, or go on with a run')
    .option('--preset <name>', `recipe to start from: ${Object.keys(presets).join(', ')}`)
    .option('--recipe <file>', 'YAML or JSON with values on top of the preset')
    .option('--set <key=value...>', 'change one value, such as optimizer.name=lamb')
    .option('--text <path...>', 'files or folders of text')
    .option('--shards <folder>', 'shards built before; needs --vocabulary')
    .option('--vocabulary <file>', 'vocab.txt to use instead of training one')
    .option('--steps <number>', 'optimizer steps', whole)
    .option('--seed <number>', 'seed of everything random', whole)
    .option('--threads <number>', 'threads of the engine; 0 leaves it the choice', whole)
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager')
    .option('--out <folder>', 'run folder (default: runs/<preset>-<time>)')
    .option('--resume <folder>', 'go on with this run')
    .option('--init-from <folder>', 'begin with the weights of another run or checkpoint')
    .option('--probe <folder>', 'GLUE data to probe the discriminator on; see probe in the recipe')
    .option('--exact', 'with --resume: fail if the newest checkpoint is damaged')
    .option('--allow-config-change <key...>', 'with --resume: keys that may differ from the run')
    .option('--dry-run', 'print sizes, memory and time, and write nothing')
    .action(async (flags: PretrainFlags) => {
      refuseIdleFlags(flags);
      const changes = recipeSources(flags);
      const allowConfigChanges = flags.allowConfigChange ?? [];
      const recipe = flags.resume
        ? recipeOfRun(flags.resume, changes, allowConfigChanges)
        : resolveRecipe(changes);
      if (flags.dryRun) {
        console.log(formatEstimate(await dryRun(recipe)));
        return;
      }
      const folder = flags.resume ?? flags.out ?? newFolder(recipe.preset);
      const summary = await untilStopped((signal, live) =>
        pretrain({
          ...{ folder, recipe, signal, allowConfigChanges, console: live },
          resume: flags.resume ? (flags.exact ? 'exact' : 'auto') : 'never',
        }),
      );
      console.log(JSON.stringify(summary));
      explain(summary);
      process.exitCode = exitCodeOfStatus(summary.status);
    });
}

function addQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('train a small model on the documentation of the installed packages')
    .option('--out <folder>', 'run folder (default: runs/quickstart-<time>)')
    .option('--seconds <number>', 'training time to aim at', positive, 180)
    .option('--seed <number>', 'seed of everything random', whole, 1)
    .option('--set <key=value...>', 'change a value of the recipe')
    .action(async ({ out = newFolder('quickstart'), ...flags }) => {
      const status = await untilStopped((signal, live) =>
        quickstart({ ...flags, folder: out, signal, console: live }),
      );
      if (status === 'interrupted') console.error(resumeHint(out));
      process.exitCode = exitCodeOfStatus(status);
    });
}

function addQuestions(program: Command): void {
  program
    .command('fill-mask')
    .description('the likeliest words at each [MASK]')
    .argument('<folder>', 'run folder or exported model')
    .argument('<text>', 'text with [MASK]')
    .option('--top-k <number>', 'answers for each mask', whole, 5)
    .action(async (folder: string, text: string, { topK }: { topK: number }) => {
      const answers = await fillMask(folder, text, topK);
      for (const [index, guesses] of answers.entries()) {
        if (answers.length > 1) console.log(`mask ${index + 1}`);
        for (const { token, score } of guesses)
          console.log(`${percent(score).padStart(7)}  ${token}`);
      }
    });
  program
    .command('detect')
    .description('how likely each token is a replacement')
    .argument('<folder>', 'run folder or exported model')
    .argument('<text>', 'any text')
    .action(async (folder: string, text: string) => {
      for (const { token, replaced } of await detectReplaced(folder, text))
        console.log(`${percent(replaced).padStart(7)}  ${token}`);
    });
}

function addOnnx(program: Command): void {
  program
    .command('onnx')
    .description('write onnx/model.onnx into exported models, for transformers.js')
    .argument('<folder>', 'run folder or exported model')
    .action(async (folder: string) => {
      for (const path of await writeOnnx(folder)) console.log(path);
    });
}

function addCompare(program: Command): void {
  program
    .command('compare')
    .description('draw the curves of runs as SVG files')
    .argument('<folders...>', 'run folders')
    .option('--out <folder>', 'where the drawings go (default: the first run)')
    .option('--metric <name...>', 'fields of metrics.jsonl', [
      'loss',
      'generatorLoss',
      'generatorAccuracy',
      'discriminatorLoss',
      'auc',
    ])
    .option('--held-out', 'held-out figures instead of those of training')
    .option('--by <axis>', 'step or tokens', axis, 'step')
    .option('--published', 'beside them the published curve of ELECTRA-Small, by tokens')
    .action(async (folders: string[], { out = folders[0], metric, heldOut, by, published }) => {
      const kind = heldOut ? 'evaluate' : 'train';
      for (const { path, distances } of await compare({
        ...{ folders, out, metrics: metric, kind, by, published },
      })) {
        console.log(path);
        for (const distance of distances) console.error(distance);
      }
    });
}

/** Flags that would do nothing are a misunderstanding. */
function refuseIdleFlags(flags: PretrainFlags): void {
  const given = (names: readonly (keyof PretrainFlags)[]): string[] =>
    names
      .filter((name) => flags[name] !== undefined)
      .map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  const idle =
    flags.resume === undefined
      ? given(['exact', 'allowConfigChange'])
      : given(['recipe', 'out', 'initFrom']);
  if (idle.length === 0) return;
  throw new UsageError(
    flags.resume === undefined
      ? `pretrain: ${idle.join(' and ')} without --resume: there is no run to go on with.\nGive --resume with the run's folder.`
      : `pretrain: ${idle.join(' and ')} with --resume: a run goes on in its own folder with its own recipe and weights.\n` +
          'Leave it out; change single values with --set and --allow-config-change.',
  );
}

function recipeSources(flags: PretrainFlags): RecipeSources {
  const { preset, recipe, set, text, shards, vocabulary, steps, seed, threads, engine } = flags;
  return {
    ...(preset !== undefined && { preset }),
    ...(recipe !== undefined && { file: recipe }),
    ...(set && { set }),
    flags: {
      data: { text, shards },
      vocabulary: { file: vocabulary },
      schedule: { steps },
      ...{ seed, threads, engine, initFrom: flags.initFrom },
      ...(flags.probe !== undefined && { probe: { data: flags.probe } }),
    },
  };
}

/** Runs `work` with a signal that SIGINT and SIGTERM raise, and a live line on stderr. */
async function untilStopped<T>(
  work: (signal: AbortSignal, live: ReturnType<typeof standardError>) => Promise<T>,
): Promise<T> {
  const live = standardError();
  const stop = stopSignals((name) =>
    live.say(`${name}: finishing this step, then saving (Ctrl-C again stops at once)`),
  );
  try {
    return await work(stop.signal, live);
  } finally {
    live.end();
    stop.release();
  }
}

function explain({ status, folder, reason }: PretrainSummary): void {
  if (status === 'interrupted') console.error(resumeHint(folder));
  if (status === 'diverged')
    console.error(
      `The run diverged: ${reason}. The last good checkpoint is in ${folder}/checkpoints.\n` +
        'Lower schedule.peakLearningRate, lengthen the warm-up, or clip gradients.',
    );
}

const resumeHint = (folder: string): string =>
  `Stopped. Go on with: npm run pretrain -- --resume ${shellWord(folder)}`;

/** `runs/<name>-<date>-<time>`, so that a second run does not meet the first. */
function newFolder(name: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return `runs/${name === 'none' ? 'run' : name}-${stamp}`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number');
  return value;
}

function axis(text: string): 'step' | 'tokens' {
  if (text !== 'step' && text !== 'tokens')
    throw new InvalidArgumentError('expected step or tokens');
  return text;
}
