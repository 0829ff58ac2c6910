// npm run bench -- <name> [options]: measures our packages beside their peers, in one run.

import { isWrongOption } from './wrong-option.js';

const BENCHES = [
  'train-step',
  'wordpiece',
  'owt-loader',
  'checkpoint',
  'jit',
  'finetune',
  'serve',
] as const;

const [name, ...args] = process.argv.slice(2);
if (!name || !(BENCHES as readonly string[]).includes(name)) {
  console.error(`usage: npm run bench -- <name> [options]\nnames: ${BENCHES.join(', ')}`);
  process.exit(2);
}
const bench = (await import(`./${name}.js`)) as { run(args: string[]): Promise<void> };
try {
  await bench.run(args);
} catch (error) {
  if (!isWrongOption(error)) throw error;
  console.error(error.message); // a wrong option
  process.exitCode = 2;
}
