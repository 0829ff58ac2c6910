// Versions are independent: a minor release of one package may bump its dependents, but by a patch only.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

test('a minor release of nn bumps its dependents by a patch, and nothing else', () => {
  const copy = mkdtempSync(join(tmpdir(), 'alectra-release-'));
  try {
    const before = packageFiles(root);
    for (const [folder, manifest] of before) {
      mkdirSync(join(copy, folder), { recursive: true });
      writeFileSync(join(copy, folder, 'package.json'), JSON.stringify(manifest, null, 2));
    }
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    mkdirSync(join(copy, '.changeset'));
    cpSync(join(root, '.changeset/config.json'), join(copy, '.changeset/config.json'));
    writeFileSync(
      join(copy, '.changeset/one.md'),
      "---\n'@alectra/nn': minor\n---\n\nAdded a layer.\n",
    );
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const git = (...args) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: copy });
    git('init', '-q', '-b', 'main');
    git('add', 'package.json', 'packages', 'apps', '.changeset');
    git('commit', '-q', '-m', 'before');
    execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
      cwd: copy,
    });

    const dependents = closure('nn', before);
    for (const [folder, { name, version }] of packageFiles(copy)) {
      if (!folder.startsWith('packages/')) continue;
      const short = name.replace('@alectra/', '');
      const old = before.get(folder).version;
      const expected = short === 'nn' ? bump(old, 1) : dependents.has(short) ? bump(old, 2) : old;
      assert.equal(version, expected, `${name} went from ${old} to ${version}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

function packageFiles(base) {
  const files = new Map();
  for (const kind of ['packages', 'apps']) {
    for (const name of readdirSync(join(base, kind))) {
      const folder = `${kind}/${name}`;
      files.set(folder, JSON.parse(readFileSync(join(base, folder, 'package.json'), 'utf8')));
    }
  }
  return files;
}

/** Short names of the packages that depend on `name` at run time, directly or not. */
function closure(name, files) {
  const found = new Set();
  const visit = (short) => {
    for (const [folder, { dependencies = {} }] of files) {
      const dependent = folder.split('/')[1];
      if (!(`@alectra/${short}` in dependencies) || found.has(dependent)) continue;
      found.add(dependent);
      visit(dependent);
    }
  };
  visit(name);
  return found;
}

/** `1.2.3` with place 1 (minor) or 2 (patch) counted up. */
function bump(version, place) {
  const parts = version.split('.').map(Number);
  return parts.map((part, i) => (i < place ? part : i === place ? part + 1 : 0)).join('.');
}
