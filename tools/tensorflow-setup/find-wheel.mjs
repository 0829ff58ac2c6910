// The TensorFlow of a Python installation: its libraries, its C headers, its version.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup-error.mjs';

// Finds the package without importing it, which would take seconds.
const QUESTION = `
import importlib.util, importlib.metadata, json, os, sys
spec = importlib.util.find_spec("tensorflow")
folder = os.path.dirname(spec.origin) if spec and spec.origin else None
names = importlib.metadata.packages_distributions().get("tensorflow", []) if sys.version_info >= (3, 10) else ["tensorflow", "tensorflow-cpu"]
versions = []
for name in names:
    try:
        versions.append(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"python": sys.executable, "folder": folder, "version": versions[0] if versions else None}))
`;

const REMEDY = `Install one of
  pip install tensorflow-cpu            (no GPU)
  pip install "tensorflow[and-cuda]"    (NVIDIA GPU)
and say which Python has it: --python <path>, or ALECTRA_PYTHON.`;

/** Names of the two libraries that the addon is linked with. */
export const LIBRARIES =
  process.platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** Headers that the addon's sources include. */
const HEADERS = ['tensorflow/c/c_api.h', 'tensorflow/c/eager/c_api.h'];

export function findWheel(given) {
  const candidates = given
    ? [given]
    : [process.env.ALECTRA_PYTHON, 'python3', 'python'].filter(Boolean);
  const tried = [];
  for (const python of candidates) {
    const { status, stdout, error } = spawnSync(python, ['-c', QUESTION], { encoding: 'utf8' });
    if (error || status !== 0) {
      tried.push(`${python}: ${error ? 'not found' : 'failed to start'}`);
      continue;
    }
    const found = JSON.parse(stdout);
    if (!found.folder) {
      tried.push(`${python}: has no tensorflow`);
      continue;
    }
    complete(found);
    return found;
  }
  throw new SetupError(`no Python with TensorFlow was found (${tried.join('; ')}).`, REMEDY);
}

function complete({ folder, version }) {
  for (const name of [...LIBRARIES, ...HEADERS.map((header) => join('include', header))]) {
    if (existsSync(join(folder, name))) continue;
    throw new SetupError(
      `TensorFlow ${version} in ${folder} lacks ${name}.`,
      'Wheels from 2.12 on, for Linux and macOS, have it: pip install --upgrade tensorflow-cpu',
    );
  }
}
