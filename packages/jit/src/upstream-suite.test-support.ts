// Runs TensorFlow.js's own test suite, bundled into one file, on the lazy backend; prints a JSON report.
//   node --import tsx --conditions=@alectra/source src/upstream-suite.test-support.ts <bundle.cjs> [tensorflow]

import { createRequire } from 'node:module';
import '@tensorflow/tfjs';
import { LAZY, onnxRuntimeEvaluate, registerLazyBackend } from './lazy-backend.test-support.js';
import { tensorflowEvaluate } from './tensorflow/evaluate.test-support.js';
import { TFJS_NODE } from './tensorflow/installed.test-support.js';
import { ignoredBecause } from './upstream-ignored.test-support.js';

/** The part of jasmine (which ships no types) that is used here. */
interface Jasmine {
  exitOnCompletion: boolean;
  readonly env: { configure(options: object): void };
  clearReporters(): void;
  addReporter(reporter: { specDone(result: SpecResult): void }): void;
  execute(): Promise<unknown>;
}

interface SpecResult {
  readonly status: string;
  readonly fullName: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

interface Report {
  passed: number;
  failed: { name: string; message: string }[];
  ignored: Record<string, number>;
  /** Specs that call a kernel without a rule, or strings or complex numbers, by what was missing. */
  unsupported: Record<string, number>;
}

const report: Report = { passed: 0, failed: [], ignored: {}, unsupported: {} };
const [, , bundle, engine] = process.argv;
registerLazyBackend(
  engine === 'tensorflow' ? await tensorflowEvaluate(TFJS_NODE) : onnxRuntimeEvaluate(),
);

const require = createRequire(import.meta.url);
const jasmine = new (require('jasmine') as new () => Jasmine)();
jasmine.exitOnCompletion = false;
jasmine.clearReporters();
jasmine.env.configure({
  random: false,
  specFilter: (spec: { getFullName(): string }) => {
    const reason = ignoredBecause(spec.getFullName());
    if (reason) report.ignored[reason] = (report.ignored[reason] ?? 0) + 1;
    return !reason;
  },
});
jasmine.addReporter({
  specDone: ({ status, fullName, failedExpectations }) => {
    if (status === 'passed') report.passed++;
    if (status !== 'failed') return;
    const message = failedExpectations[0]?.message ?? '';
    const missing = /Kernel '(\w+)' not registered|a (string|complex64) tensor/.exec(message);
    if (missing) {
      const what = missing[1] ?? missing[2];
      report.unsupported[what] = (report.unsupported[what] ?? 0) + 1;
    } else report.failed.push({ name: fullName, message });
  },
});
require(bundle)(LAZY);
await jasmine.execute();
process.stdout.write(`REPORT ${JSON.stringify(report)}\n`);
process.exit(0);
