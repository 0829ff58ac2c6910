#!/usr/bin/env node
// Serve exported models: the classic Inference API, and a page for each model.
//
//   npm run serve                              the runs in runs/, the newest model first
//   npm run serve -- path/to/model --port 80   a Hugging Face folder

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CommanderError } from 'commander';
import type { FastifyInstance } from 'fastify';
import { openCatalogue } from './catalogue.js';
import { parseCommandLine } from './command-line.js';
import { probeServer } from './probe-server.js';
import { createServer } from './server.js';
import type { Settings } from './settings.js';
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
  const { address, probes } = await listen(app, settings).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const [newest] = catalogue.models;
  const shown = newest
    ? `${address}/ shows ${catalogue.models.length} models, the newest at ${address}/models/${newest.id}`
    : `${address}/ shows runs; there is no model yet`;
  console.error(probes === undefined ? shown : `${shown}\nprobes are answered at ${probes}/health`);
} catch (error) {
  const isUsage = error instanceof CommanderError;
  if (!isUsage) console.error(error instanceof Error ? error.message : error);
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : error instanceof RangeError ? 2 : 1;
}

/** Opens the ports, and returns where they are. */
async function listen(
  app: FastifyInstance,
  settings: Settings,
): Promise<{ readonly address: string; readonly probes?: string }> {
  const { host, port, probePort } = settings;
  const server = probePort === undefined ? undefined : probeServer(app, settings);
  const address = await app.listen({ host, port, backlog: BACKLOG });
  if (!server) return { address };
  await once(server.listen(probePort, host), 'listening');
  const probes = new URL(address);
  probes.port = String((server.address() as AddressInfo).port);
  return { address, probes: probes.origin };
}
