// node --test tools/tensorflow-setup: what the command says when something is missing. Needs a C++ compiler.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = mkdtempSync(join(tmpdir(), 'tensorflow-setup-'));
after(() => rmSync(root, { recursive: true }));
const script = fileURLToPath(new URL('./main.mjs', import.meta.url));

function run(...args) {
  return spawnSync(process.execPath, [script, '--from', root, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

/** A program that prints `answer`, standing in for a Python. */
function python(name, answer) {
  const file = join(root, name);
  writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A folder with the files that a wheel must have, all empty. */
function wheel() {
  const folder = join(root, 'tensorflow');
  const files = [
    'libtensorflow_cc.so.2',
    'libtensorflow_cc.2.dylib',
    'libtensorflow_framework.so.2',
    'libtensorflow_framework.2.dylib',
    'include/tensorflow/c/c_api.h',
    'include/tensorflow/c/eager/c_api.h',
  ];
  for (const file of files) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return { python: 'python', folder, version: '2.21.0' };
}

const complete = python('complete', wheel());

function fails(result, ...texts) {
  assert.equal(result.status, 1, result.stdout);
  for (const text of texts) assert.ok(result.stderr.includes(text), result.stderr);
  assert.ok(!result.stderr.includes('    at '), 'no stack');
}

test('a Python that does not exist', () => {
  fails(
    run('--python', join(root, 'no-python')),
    'no Python with TensorFlow',
    'pip install tensorflow-cpu',
  );
});

test('a Python without TensorFlow', () => {
  const bare = python('bare', { python: 'python', folder: null, version: null });
  fails(run('--python', bare), 'has no tensorflow', 'pip install "tensorflow[and-cuda]"');
});

test('a wheel without headers', () => {
  const folder = join(root, 'old');
  mkdirSync(folder);
  const old = python('old-python', { python: 'python', folder, version: '2.3.0' });
  fails(run('--python', old), 'TensorFlow 2.3.0', 'lacks libtensorflow_cc');
});

test('no compiler', () => {
  fails(
    run('--python', complete, '--compiler', 'no-such-compiler'),
    'no C++ compiler',
    'apt-get install g++',
  );
});

test('no Node headers', () => {
  fails(run('--python', complete, '--node-headers', root), `no node_api.h in ${root}`);
});

test('no package', () => {
  fails(
    run('--python', complete),
    '@tensorflow/tfjs-node-gpu and @tensorflow/tfjs-node are not installed',
    'npm install --no-save --ignore-scripts @tensorflow/tfjs-node@',
  );
});

test('an unknown package', () => {
  fails(run('--python', complete, '--package', 'tfjs'), 'package "tfjs" is unknown');
});

test('an unknown option', () => {
  fails(run('--pythom', 'x'), "Unknown option '--pythom'");
});

test('sources that do not compile: the compiler is quoted, and nothing is left', () => {
  const folder = join(root, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(join(folder, 'binding'), { recursive: true });
  const manifest = { version: '4.22.0', binary: { napi_versions: [3, 8] } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'binding/tfjs_backend.cc'), 'this is not C++');
  writeFileSync(join(folder, 'binding/tfjs_binding.cc'), '');
  fails(run('--python', complete), 'the compiler failed', 'this is not C++');
});
