// npm run tensorflow:setup -- [options]
//
// Builds the native part of @tensorflow/tfjs-node (or tfjs-node-gpu) from the C++ sources inside the npm package,
// against the TensorFlow of an installed Python wheel. For machines where the package's own download fails, is
// too old for the GPU, or does not exist for this Node.

import { parseArgs } from 'node:util';
import { buildAddon } from './build-addon.mjs';
import { findCompiler } from './find-compiler.mjs';
import { findNodeHeaders } from './find-node-headers.mjs';
import { findPackage, installPackage } from './find-package.mjs';
import { findWheel } from './find-wheel.mjs';
import { runSelfTest } from './run-self-test.mjs';
import { SetupError } from './setup-error.mjs';

const USAGE = `usage: npm run tensorflow:setup -- [options]

  --package <name>      tfjs-node or tfjs-node-gpu; default: the one that is installed, gpu first
  --from <folder>       where the package is looked up, as if imported from a file there; default: here
  --install             install the package there first, without its own download (npm, --no-save)
  --python <path>       the Python that has tensorflow; default: $ALECTRA_PYTHON, python3, python
  --compiler <path>     the C++ compiler; default: $CXX, g++, clang++, c++
  --node-headers <dir>  the folder with node_api.h; default: looked for
  --help`;

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError) && !String(error?.code).startsWith('ERR_PARSE_ARGS'))
    throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  const { values } = parseArgs({
    options: {
      package: { type: 'string' },
      from: { type: 'string', default: process.env.INIT_CWD ?? process.cwd() },
      install: { type: 'boolean', default: false },
      python: { type: 'string' },
      compiler: { type: 'string' },
      'node-headers': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }

  // Everything that can be missing is looked for before anything is changed.
  const wheel = findWheel(values.python);
  report('TensorFlow', `${wheel.version} in ${wheel.folder} (Python: ${wheel.python})`);
  const compiler = findCompiler(values.compiler);
  report('compiler', compiler.version);
  const headers = findNodeHeaders(values.from, values['node-headers']);
  report('Node headers', headers);
  if (values.install) installPackage(values.from, values.package);
  const addon = findPackage(values.from, values.package);
  report('package', `${addon.name} ${addon.version} in ${addon.folder}`);

  const start = performance.now();
  const binding = buildAddon({ addon, wheel, compiler: compiler.command, headers });
  report('built', `${binding} in ${((performance.now() - start) / 1000).toFixed(0)} s`);

  const found = await runSelfTest(addon.folder);
  report(
    'self-test',
    `passed: TensorFlow ${found.tensorflow} computes on ${found.device}, in a worker thread too`,
  );
  if (addon.name.endsWith('-gpu') && found.device !== 'the GPU') {
    console.log(
      'note: the GPU package works, but TensorFlow found no GPU. Its CUDA libraries come with\n' +
        '  pip install "tensorflow[and-cuda]"',
    );
  }
}

function report(what, text) {
  console.log(`${`${what}:`.padEnd(14)}${text}`);
}
