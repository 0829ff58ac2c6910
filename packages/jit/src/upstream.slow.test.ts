import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { withTensorflow } from './tensorflow/installed.test-support.js';

const require = createRequire(import.meta.url);
const core = dirname(require.resolve('@tensorflow/tfjs-core/package.json'));
/** Where the bundle, which lies elsewhere, finds jasmine. */
const modules = join(core, '../..');

/** TensorFlow.js's suite as one CommonJS file that exports `(backendName) => void`. */
function bundleSuite(folder: string): string {
  const part = (path: string): string => JSON.stringify(join(core, 'dist', path));
  const outfile = join(folder, 'suite.cjs');
  buildSync({
    stdin: {
      resolveDir: core,
      contents: `
        require(${part('index.js')});
        require(${part('public/chained_ops/register_all_chained_ops.js')});
        require(${part('register_all_gradients.js')});
        const { setTestEnvs } = require(${part('jasmine_util.js')});
        module.exports = (name) => {
          setTestEnvs([{ name, backendName: name, flags: {}, isDataSync: true }]);
          require(${part('tests.js')});
        };`,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    // The package's sideEffects field would drop every test.
    ignoreAnnotations: true,
    mainFields: ['module', 'main'],
    external: ['jasmine', 'jasmine-core', '@tensorflow/tfjs-backend-cpu'],
    nodePaths: [modules],
    logLevel: 'silent',
  });
  return outfile;
}

test.each(withTensorflow('onnxruntime'))(
  "TensorFlow.js's own suite passes on %s for every kernel that is traced",
  (engine) => {
    const folder = mkdtempSync(join(tmpdir(), 'alectra-upstream-'));
    try {
      const runner = new URL('./upstream-suite.test-support.ts', import.meta.url).pathname;
      const output = execFileSync(
        process.execPath,
        ['--import', 'tsx', '--conditions=@alectra/source', runner, bundleSuite(folder), engine],
        {
          cwd: dirname(runner),
          encoding: 'utf8',
          env: {
            ...process.env,
            NODE_PATH: modules,
          },
          maxBuffer: 2 ** 28,
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const report = JSON.parse(output.slice(output.lastIndexOf('REPORT ') + 7));
      process.stderr.write(`${engine}: ${report.passed} specs of TensorFlow.js pass\n`);
      expect(report.failed).toEqual([]);
      expect(report.passed).toBeGreaterThan(3200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  1_800_000,
);
