// The folder with node_api.h. Any Node's will do: the addon uses Node-API only, whose binary interface is stable.

import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SetupError } from './setup-error.mjs';

export function findNodeHeaders(from, given) {
  for (const folder of given ? [resolve(given)] : candidates(from)) {
    if (existsSync(join(folder, 'node_api.h'))) return folder;
  }
  throw new SetupError(
    given
      ? `there is no node_api.h in ${given}.`
      : `the headers of Node ${process.version} were not found.`,
    'Install them (Debian: apt-get install libnode-dev; or npm install --no-save node-api-headers),\n' +
      'or name the folder: --node-headers <folder with node_api.h>.',
  );
}

function* candidates(from) {
  // A Node from nodejs.org, nvm, fnm or a container image has them beside its bin folder.
  yield join(dirname(realpathSync(process.execPath)), '../include/node');
  for (const root of [process.env.npm_config_nodedir, process.config.variables.nodedir]) {
    if (root) yield join(root, 'include/node');
  }
  yield '/usr/include/node';
  yield '/usr/include/nodejs/src';
  // Where node-gyp keeps what it downloaded.
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  yield join(cache, 'node-gyp', process.versions.node, 'include/node');
  yield join(homedir(), 'Library/Caches/node-gyp', process.versions.node, 'include/node');
  // Copies on npm: the headers' own package, and the one that koffi brings.
  for (const base of [join(from, 'index.js'), import.meta.url]) {
    for (const [name, path] of [
      ['node-api-headers', 'include'],
      ['koffi', 'vendor/node-api-headers/include'],
    ]) {
      const folder = packageFolder(base, name);
      if (folder) yield join(folder, path);
    }
  }
}

function packageFolder(base, name) {
  try {
    return dirname(createRequire(base).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
