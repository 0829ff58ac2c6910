// What the program prints: progress and notes on stderr, results on stdout.

import { type ProgressPrinter, progressPrinter, type RunEvent } from '@alectra/trainer';
import { fixed, percent } from './model-card.js';

export interface Console {
  /** A line for people. */
  say(text: string): void;
  /** Shows what happens in a run. */
  onEvent(event: RunEvent): void;
  /** Ends the live line. */
  end(): void;
}

export function standardError(): Console {
  const printer = progressPrinter({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true && process.env.CI === undefined,
    columns: () => process.stderr.columns,
    everySeconds: 10,
  });
  return {
    say: (text) => printer.note(text),
    onEvent: (event) => show(printer, event),
    end: () => printer.end(),
  };
}

function show(printer: ProgressPrinter, event: RunEvent): void {
  switch (event.kind) {
    case 'start':
      if (event.step > 0) printer.note(`resumed at step ${event.step} of ${event.steps}`);
      return;
    case 'damaged':
      printer.note(`warning: ${event.reason}\nIt was set aside as ${event.path}.`);
      return;
    case 'step':
      printer.show({ ...event, shown: shownOf(event.metrics) });
      return;
    case 'evaluate':
      printer.note(`held-out at step ${event.step}: ${evaluationLine(event.metrics)}`);
      return;
    case 'probe':
      printer.note(`probe at step ${event.step}: ${probeLine(event.metrics)}`);
      return;
    case 'probe-failed':
      printer.note(`warning: the probe at step ${event.step} failed (${reason(event.error)})`);
      return;
    case 'refused':
      printer.note(
        `step ${event.step}: update refused (loss ${event.loss}, gradient norm ${event.norm})`,
      );
      return;
    case 'save-failed':
      printer.note(
        `warning: the checkpoint of step ${event.step} could not be written (${event.error.message}); training goes on`,
      );
      return;
    case 'checkpoint':
      return;
  }
}

function shownOf(metrics: Readonly<Record<string, number>>): string {
  const { loss, generatorLoss, generatorAccuracy, discriminatorLoss, discriminatorAccuracy } =
    metrics;
  return [
    `loss ${fixed(loss, 2)}`,
    `gen ${fixed(generatorLoss, 2)} (${percent(generatorAccuracy)})`,
    `disc ${fixed(discriminatorLoss)} (${percent(discriminatorAccuracy)})`,
  ].join('  ');
}

function evaluationLine(metrics: Readonly<Record<string, number>>): string {
  const { generatorLoss, generatorAccuracy, discriminatorLoss, auc, aucError } = metrics;
  return [
    `gen ${fixed(generatorLoss)} (${percent(generatorAccuracy)})`,
    `disc ${fixed(discriminatorLoss)}`,
    `AUC ${fixed(auc)} ± ${fixed(aucError)}`,
  ].join('  ');
}

function probeLine(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${fixed(value)}`)
    .join('  ');
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A reader or a terminal that has left must neither end a run nor make an answer look like a failure. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
}
