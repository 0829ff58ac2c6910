// The npm package whose addon is built.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SetupError } from './setup-error.mjs';

const NAMES = ['tfjs-node-gpu', 'tfjs-node'];
const VERSION = '4.22.0';

export function findPackage(from, asked) {
  const names = asked ? [shortName(asked)] : NAMES;
  const require = createRequire(join(from, 'index.js'));
  for (const name of names) {
    const folder = resolved(require, `@tensorflow/${name}`);
    if (!folder) continue;
    for (const source of ['tfjs_backend.cc', 'tfjs_binding.cc']) {
      if (existsSync(join(folder, 'binding', source))) continue;
      throw new SetupError(
        `${folder} lacks binding/${source}.`,
        `Reinstall it: ${installLine(name)}`,
      );
    }
    const { version, binary } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name: `@tensorflow/${name}`, version, folder, napiVersions: binary.napi_versions };
  }
  throw new SetupError(
    `${names.map((name) => `@tensorflow/${name}`).join(' and ')} ${names.length > 1 ? 'are' : 'is'} not installed for ${from}.`,
    `Install it without its own download, then run this again:\n  ${installLine(names.at(-1))}`,
  );
}

/** Installs the package into the project of `from`, leaving its package.json alone. */
export function installPackage(from, asked = 'tfjs-node') {
  const name = shortName(asked);
  const { status, error } = spawnSync('npm', installArguments(name), {
    cwd: from,
    stdio: 'inherit',
  });
  if (status === 0) return;
  throw new SetupError(
    `npm could not install @tensorflow/${name}${error ? ` (${error.message})` : ''}.`,
    `Try it by hand: ${installLine(name)}`,
  );
}

const installArguments = (name) => [
  'install',
  '--no-save',
  '--ignore-scripts',
  `@tensorflow/${name}@${VERSION}`,
];

const installLine = (name) => `npm ${installArguments(name).join(' ')}`;

function shortName(asked) {
  const name = asked.replace('@tensorflow/', '');
  if (NAMES.includes(name)) return name;
  throw new SetupError(`package "${asked}" is unknown.`, `Expected ${NAMES.join(' or ')}.`);
}

function resolved(require, name) {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
