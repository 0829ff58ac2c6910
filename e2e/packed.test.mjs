// What users install: the packed tarballs, in a folder of their own, used from ES modules, CommonJS and TypeScript.
// Needs `npm run build` before, and npm's registry for the packages' own dependencies.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

describe('a consumer of the packed tarballs', () => {
  let consumer;

  before(() => {
    consumer = mkdtempSync(join(tmpdir(), 'alectra-consumer-'));
    const tarballs = packages.map((name) => pack(name, consumer));
    cpSync(join(root, 'e2e/consumer'), consumer, { recursive: true });
    const manifest = {
      name: 'consumer',
      private: true,
      dependencies: {
        ...Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`])),
        '@tensorflow/tfjs': '4.22.0',
        'onnxruntime-node': '1.30.0',
      },
      devDependencies: { typescript: '5.9.3', '@types/node': '^20.19.43' },
    };
    writeFileSync(join(consumer, 'package.json'), JSON.stringify(manifest, null, 2));
    cpSync(join(root, '.npmrc'), join(consumer, '.npmrc'));
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']);
  });

  after(() => rmSync(consumer, { recursive: true, force: true }));

  const run = (command, args) => {
    try {
      return execFileSync(command, args, {
        cwd: consumer,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      throw new Error(`${command} ${args.join(' ')} failed.\n${error.stdout}\n${error.stderr}`);
    }
  };

  test('gets exactly one tfjs-core', () => {
    assert.deepEqual(copies(join(consumer, 'node_modules'), '@tensorflow/tfjs-core'), [
      join(consumer, 'node_modules/@tensorflow/tfjs-core'),
    ]);
  });

  test('gets no test files, and the sources that the maps point to', () => {
    for (const name of packages) {
      const folder = join(consumer, 'node_modules/@alectra', name);
      const files = readdirSync(folder, { recursive: true }).map(String);
      assert.deepEqual(
        files.filter((file) => /\.test\.|fixtures|\.tsbuild/.test(file)),
        [],
        name,
      );
      const map = JSON.parse(readFileSync(join(folder, 'dist/index.js.map'), 'utf8'));
      for (const source of map.sources)
        assert.ok(existsSync(join(folder, 'dist', source)), `${name}: ${source}`);
    }
  });

  test('trains a step from an ES module', () => {
    assert.match(run('node', ['esm.mjs']), /^loss fell$/m);
  });

  test('answers the same from CommonJS', () => {
    assert.match(run('node', ['--no-warnings', 'commonjs.cjs']), /^loss fell$/m);
  });

  test('type-checks in strict mode with both module resolutions', () => {
    run('npx', ['tsc', '-p', 'tsconfig.nodenext.json']);
    run('npx', ['tsc', '-p', 'tsconfig.bundler.json']);
  });
});

function pack(name, destination) {
  const folder = join(root, 'packages', name);
  const output = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination],
    {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const packed = JSON.parse(output);
  const entry = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  return {
    name: `@alectra/${name}`,
    file: join(destination, entry.filename.replace('@', '').replace('/', '-')),
  };
}

/** Every installed copy of a package, nested ones too. */
function copies(folder, name) {
  if (!existsSync(folder)) return [];
  const found = existsSync(join(folder, name)) ? [join(folder, name)] : [];
  const nested = readdirSync(folder).flatMap((entry) =>
    entry.startsWith('@')
      ? readdirSync(join(folder, entry)).map((inner) => join(entry, inner))
      : [entry],
  );
  return [
    ...found,
    ...nested.flatMap((entry) => copies(join(folder, entry, 'node_modules'), name)),
  ];
}
