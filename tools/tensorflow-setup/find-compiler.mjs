// A C++17 compiler.

import { spawnSync } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

export function findCompiler(given) {
  const candidates = given ? [given] : [process.env.CXX, 'g++', 'clang++', 'c++'].filter(Boolean);
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.split('\n')[0] };
  }
  throw new SetupError(
    `no C++ compiler was found (tried ${candidates.join(', ')}).`,
    'Debian and Ubuntu: apt-get install g++. Fedora: dnf install gcc-c++. macOS: xcode-select --install.\n' +
      'Or name one: --compiler <path>, or CXX.',
  );
}
