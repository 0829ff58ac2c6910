// The first example of a README runs as it stands, from source, in an empty folder; of electra-task also the second, with
// models of one's own. Left out: packages whose example needs data or a model from elsewhere.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = {
  albert: 1,
  bert: 1,
  checkpoint: 1,
  'electra-task': 2,
  nn: 1,
  optim: 1,
  trainer: 1,
};

describe('the examples of READMEs', () => {
  let folder;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'readme-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [name, count] of Object.entries(examples)) {
    const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].slice(0, count);
    for (const [number, [, code]] of blocks.entries()) {
      test(`${name}, ${number + 1}`, () => {
        const work = join(folder, `${name}-${number}`);
        mkdirSync(work);
        // beside the package, where its imports are found
        const file = join(root, 'packages', name, `readme-example-${number}.mts`);
        writeFileSync(file, code);
        try {
          const loader = join(root, 'node_modules/tsx/dist/loader.mjs');
          const flags = ['--import', loader, '--conditions=@alectra/source', file];
          execFileSync(process.execPath, flags, { cwd: work, stdio: 'pipe', timeout: 300_000 });
        } finally {
          rmSync(file);
        }
      });
    }
  }
});
