// One compiler call over the two sources of the package. They use TensorFlow's C interface only, which every
// TensorFlow 2 keeps, so a package of 2024 works with a library of today.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARIES } from './find-wheel.mjs';
import { SetupError } from './setup-error.mjs';

/** @returns the path of the addon, where the package looks for it */
export function buildAddon({ addon, wheel, compiler, headers }) {
  if (process.platform === 'win32') {
    throw new SetupError(
      'the addon cannot be built like this on Windows.',
      'Use WSL 2, or the onnxruntime engine.',
    );
  }
  // The package takes the highest Node-API version of its list that this Node has.
  const napi = Math.max(
    ...addon.napiVersions.filter((version) => version <= Number(process.versions.napi)),
  );
  const folder = join(addon.folder, 'lib', `napi-v${napi}`);
  const target = join(folder, 'tfjs_binding.node');
  const temporary = `${target}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-w',
      '-fPIC',
      '-shared',
      ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      `-DNAPI_VERSION=${napi}`,
      ...[headers, addon.folder, join(wheel.folder, 'include')].map((include) => `-I${include}`),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) =>
        join(addon.folder, 'binding', source),
      ),
      ...LIBRARIES.map((library) => join(wheel.folder, library)),
      `-Wl,-rpath,${wheel.folder}`,
      '-o',
      temporary,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0 || !existsSync(temporary)) {
    rmSync(temporary, { force: true });
    const messages = (stderr || error?.message || '').trim().split('\n');
    throw new SetupError(
      `the compiler failed.\n${messages.slice(0, 20).join('\n')}`,
      'TensorFlow from 2.12 on and g++ from 9 or clang++ from 10 on are known to work.',
    );
  }
  renameSync(temporary, target);
  return target;
}
