// A program for tests that kill it: the toy run in a folder, resumed if it can be.
//
//   toy-run <folder> [disk call at which to die]
//
// Prints the number of disk calls when it gets to the end.

import { watchDiskCalls } from './disk-calls.test-support.js';
import { toyOptions, toyPlan } from './test-support.js';
import { openTrainer } from './trainer.js';

const [folder = '', killAt] = process.argv.slice(2);
const calls = await watchDiskCalls();
calls.arm(killAt === undefined ? undefined : Number(killAt));
const trainer = await openTrainer(toyOptions(folder));
const { status } = await trainer.run(
  toyPlan({
    steps: 40,
    checkpoint: {
      everySteps: 4,
      everySeconds: 0,
      keepLast: 2,
      keepEvery: 0,
      best: { metric: 'loss', mode: 'min' },
    },
  }),
);
await trainer.close();
process.stdout.write(`${status} ${calls.count()}\n`);
