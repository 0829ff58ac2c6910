// npm run reproduce -- <name> [options]: makes again what docs/results.md states, and says whether it still holds.

import { isWrongOption } from './wrong-option.js';

const NAMES = ['curves', 'glue', 'overhead'] as const;

const [name, ...args] = process.argv.slice(2);
if (!name || !(NAMES as readonly string[]).includes(name)) {
  console.error(`usage: npm run reproduce -- <name> [options]\nnames: ${NAMES.join(', ')}`);
  process.exit(2);
}
const program = (await import(`./reproduce-${name}.js`)) as {
  run(args: string[]): Promise<boolean>;
};
try {
  if (!(await program.run(args))) process.exitCode = 1;
} catch (error) {
  if (!isWrongOption(error)) throw error;
  console.error(error.message); // a wrong option, or a peer that is missing
  process.exitCode = 2;
}
