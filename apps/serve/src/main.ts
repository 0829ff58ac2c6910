#!/usr/bin/env node
// Serve exported models: the classic Inference API, and a page for each model.
//
//   npm run serve                              the runs in runs/, the newest model first
//   npm run serve -- path/to/model --port 80   a Hugging Face folder

import { CommanderError } from 'commander';
import { openCatalogue } from './catalogue.js';
import { parseCommandLine } from './command-line.js';
import { createServer } from './server.js';
import { closeOnSignals } from './shutdown.js';

/** Connections that wait to be accepted: with Node's 511 a crowd that comes at once is reset. */
const BACKLOG = 4096;

try {
  const { sources, settings } = parseCommandLine(process.argv.slice(2), process.env);
  const catalogue = await openCatalogue(sources);
  for (const { folder, message } of catalogue.faults)
    console.error(`left out ${folder}: ${message}`);
  const app = await createServer({ catalogue, settings });
  closeOnSignals(app, settings.graceSeconds);
  const { host, port } = settings;
  const address = await app.listen({ host, port, backlog: BACKLOG });
  const [newest] = catalogue.models;
  console.error(
    newest
      ? `${address}/ shows ${catalogue.models.length} models, the newest at ${address}/models/${newest.id}`
      : `${address}/ shows runs; there is no model yet`,
  );
} catch (error) {
  const isUsage = error instanceof CommanderError;
  if (!isUsage) console.error(error instanceof Error ? error.message : error);
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : error instanceof RangeError ? 2 : 1;
}
