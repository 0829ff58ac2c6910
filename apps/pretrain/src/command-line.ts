// Subcommands and flags.

import { stopSignals } from '@alectra/trainer';
import { Command, InvalidArgumentError } from 'commander';
import { detectReplaced, fillMask } from './ask.js';
import { exitCodeOfStatus } from './exit-code.js';
import { percent } from './model-card.js';
import { quickstart } from './quickstart.js';

export function createProgram(): Command {
  const program = new Command('alectra-pretrain')
    .description('Pretrain ALECTRA: raw text to an exported Hugging Face folder')
    .exitOverride();
  program
    .command('quickstart')
    .description('train a small model on the documentation of the installed packages')
    .option('--out <folder>', 'run folder', defaultFolder('quickstart'))
    .option('--seconds <number>', 'training time to aim at', positive, 180)
    .option('--seed <number>', 'seed of everything random', whole, 1)
    .option('--set <key=value...>', 'change a value of the recipe')
    .action(async ({ out, seconds, seed, set }) => {
      const stop = stopSignals((name) =>
        console.error(`\n${name}: finishing this step, then saving (again: stop at once)`),
      );
      try {
        const signal = stop.signal;
        const status = await quickstart({ folder: out, seconds, seed, set, signal });
        process.exitCode = exitCodeOfStatus(status);
      } finally {
        stop.release();
      }
    });
  program
    .command('fill-mask')
    .description('the likeliest words at each [MASK]')
    .argument('<folder>', 'run folder or exported model')
    .argument('<text>', 'text with [MASK]')
    .option('--top-k <number>', 'answers for each mask', whole, 5)
    .action(async (folder, text, { topK }) => {
      for (const answers of await fillMask(folder, text, topK))
        for (const { token, score } of answers)
          console.log(`${percent(score).padStart(7)}  ${token}`);
    });
  program
    .command('detect')
    .description('how likely each token is a replacement')
    .argument('<folder>', 'run folder or exported model')
    .argument('<text>', 'any text')
    .action(async (folder, text) => {
      for (const { token, replaced } of await detectReplaced(folder, text))
        console.log(`${percent(replaced).padStart(7)}  ${token}`);
    });
  return program;
}

/** `runs/<name>-<date>-<time>`, so that a second quickstart does not meet the first. */
function defaultFolder(name: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return `runs/${name}-${stamp}`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number');
  return value;
}
