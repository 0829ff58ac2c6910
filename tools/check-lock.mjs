// The lock file names the binaries of every platform, so that `npm ci` works on all of them.
//
//   node tools/check-lock.mjs          says what is missing
//   node tools/check-lock.mjs --fix    adds it
//
// `npm install` leaves out optional packages that it could not reach or that an existing node_modules lacks
// (https://github.com/npm/cli/issues/4828), and `npm ci` then refuses the lock file. An added entry has no integrity
// hash, since there is nothing to take it from; npm checks what the registry says of the package instead.

import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const fix = process.argv.includes('--fix');

const SYSTEMS = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  aix: 'aix',
  win32: 'win32',
  windows: 'win32',
};
const PROCESSORS = {
  64: 'x64',
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
};

const missing = [];
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!isLocked(owner, name)) missing.push({ owner, name, version, dev: entry.dev });
  }
}

for (const { owner, name, version, dev } of missing) {
  const platform = platformOf(name);
  if (fix && platform && /^\d/.test(version)) {
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platform,
      ...(dev && { dev }),
      optional: true,
    };
  } else
    console.error(`package-lock.json: ${owner} may use ${name}@${version}, which has no entry`);
}

if (fix) {
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
} else if (missing.length) {
  console.error('Run `node tools/check-lock.mjs --fix`.');
  process.exitCode = 1;
}
console.log(`lock file: ${missing.length} entries ${fix ? 'added' : 'missing'}`);

/** Whether some node_modules from the owner's upwards has the package. */
function isLocked(owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    const prefix = folder === '' ? '' : `${folder}/`;
    if (`${prefix}node_modules/${name}` in lock.packages) return true;
    if (!folder.includes('/node_modules/')) break;
  }
  return `node_modules/${name}` in lock.packages;
}

/** os, cpu and libc from a name such as `@swc/core-linux-x64-musl`; undefined for packages of no platform. */
function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = words.map((word) => SYSTEMS[word]).find(Boolean);
  const cpu = words.map((word) => PROCESSORS[word]).find(Boolean);
  if (!os || !cpu) return undefined;
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.includes('gnu')
      ? 'glibc'
      : undefined;
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc && { libc: [libc] }) };
}
