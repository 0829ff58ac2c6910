// Flags, their defaults and their help.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { resolveSettings, type Settings } from './settings.js';

export interface CommandLine {
  /** Folders, or `org/name=<folder>`. */
  readonly sources: readonly string[];
  readonly settings: Settings;
}

/** Where apps/pretrain puts its runs when it is not told otherwise. */
const RUNS = 'runs';

/**
 * @param flags those after the program's name
 * @param env `ALECTRA_SERVE_TOKEN` is the token unless a flag gives one: a flag can be read by other users
 * @throws Error or RangeError for what is wrong
 */
export function parseCommandLine(
  flags: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const program = new Command('serve')
    .description(
      'Serve exported models over HTTP: the classic Inference API, and a page for each model.',
    )
    .argument(
      '[folders...]',
      'models, runs or folders of them; org/name=<folder> names a model',
      [],
    )
    .option('--host <address>', 'where to listen')
    .option('--port <number>', 'where to listen; 0 takes a free one', number)
    .option('--probe-port <number>', 'a second port, for /health, /ready and /metrics', number)
    .option(
      '--token <token>',
      'what clients must send as bearer token, better in ALECTRA_SERVE_TOKEN',
    )
    .option('--cors <origin>', 'pages of which origin may ask from a browser, * for all')
    .option('--engine <name>', 'auto, onnxruntime, tensorflow or eager')
    .option('--threads <number>', 'inputs computed side by side; 0: one for each core', number)
    .option('--no-spinning', 'let waiting threads sleep: for cores that other programs use')
    .option('--no-warm-up', 'compile a shape only when a request needs it')
    .option('--memory-megabytes <number>', 'for loaded models together', number)
    .option('--max-batch-tokens <number>', 'tokens of one batch, and of the longest input', number)
    .option('--max-batch-inputs <number>', 'inputs of one batch', number)
    .option('--max-queue <number>', 'inputs under way; more are answered 429', number)
    .option('--max-request-inputs <number>', 'inputs of one request', number)
    .option('--body-bytes <number>', 'the largest body', number)
    .option('--cache-megabytes <number>', 'for answers given before; 0 keeps none', number)
    .option('--hold-seconds <number>', 'how long a request waits for its model to load', number)
    .option('--stall-seconds <number>', 'how long a worker may be silent', number)
    .option('--max-connections <number>', 'connections at once', number)
    .option('--idle-seconds <number>', 'how long a connection may be idle', number)
    .option(
      '--request-seconds <number>',
      'how long a request may take to arrive, and its answer may lie unread',
      number,
    )
    .option('--grace-seconds <number>', 'how long a shutdown waits', number)
    .option('--log-level <level>', 'fatal, error, warn, info, debug or silent')
    .showHelpAfterError()
    .exitOverride();
  program.parse(flags, { from: 'user' });
  const token = env.ALECTRA_SERVE_TOKEN;
  const settings = resolveSettings({ ...(token && { token }), ...program.opts() });
  if (program.args.length > 0) return { sources: program.args, settings };
  if (existsSync(RUNS)) return { sources: [RUNS], settings };
  throw new Error(
    `serve: there is nothing to serve: found no folder ${resolve(RUNS)}, expected runs in it.\n` +
      'Make a model with npm run quickstart, or name a folder: npm run serve -- <folder>',
  );
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('expected a number.');
  return value;
}
