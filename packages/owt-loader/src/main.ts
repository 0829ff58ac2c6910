#!/usr/bin/env node
// The program behind alectra-shards: arguments in, streams out, 1 as exit code for any fault.

import { commandLine } from './command-line.js';

commandLine({
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
})
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
