// What the program prints: progress and notes on stderr, results on stdout.

import { progressPrinter } from '@alectra/trainer';

/** Where a run stands. */
export interface StepProgress {
  readonly step: number;
  readonly steps: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export interface Console {
  /** A line for people. */
  say(text: string): void;
  /** The live line. */
  step(shown: string, progress: StepProgress): void;
  /** Ends the live line. */
  end(): void;
}

export function standardError(): Console {
  const printer = progressPrinter({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true && process.env.CI === undefined,
    columns: () => process.stderr.columns,
    everySeconds: 15,
  });
  return {
    say: (text) => printer.note(text),
    step: (shown, { step, steps, tokensPerSecond, secondsLeft }) =>
      printer.show({ step, steps, shown, tokensPerSecond, secondsLeft }),
    end: () => printer.end(),
  };
}

/** A reader that has left (`| head`) must neither end a run nor make an answer look like a failure. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
