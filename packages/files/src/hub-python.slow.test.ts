// The cache is the one of Python's huggingface_hub: what either downloads, the other finds. Wants ALECTRA_PYTHON.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { config, setUpHub, weights } from './hub.test-support.js';

const python = process.env.ALECTRA_PYTHON;
const setup = setUpHub();
const MINUTES = 60_000;

/** The path that Python's `hf_hub_download` gives; the hub of the test must stay free to answer it. */
async function downloadInPython(file: string, offline: boolean): Promise<string> {
  const code = [
    'import sys',
    'from huggingface_hub import hf_hub_download',
    'print(hf_hub_download("org/model", sys.argv[2], cache_dir=sys.argv[1]))',
  ].join('\n');
  const { stdout } = await promisify(execFile)(python ?? '', ['-c', code, setup.cache, file], {
    env: {
      ...process.env,
      HF_ENDPOINT: setup.hub.endpoint,
      HF_HUB_OFFLINE: offline ? '1' : '0',
      HF_HUB_DISABLE_XET: '1',
    },
  });
  return stdout.trim();
}

(python ? describe : describe.skip)("the cache of Python's huggingface_hub", () => {
  test(
    'is filled here and read there, without a request',
    async () => {
      const found = await setup.get();
      setup.hub.log.length = 0;
      expect(await downloadInPython('model.safetensors', true)).toBe(found?.path);
      expect(setup.hub.log).toEqual([]);
    },
    5 * MINUTES,
  );

  test(
    'is filled there and read here, without a request',
    async () => {
      const paths = [
        await downloadInPython('model.safetensors', false),
        await downloadInPython('config.json', false),
      ];
      setup.hub.log.length = 0;
      const found = [
        await setup.get('model.safetensors', { offline: true }),
        await setup.get('config.json', { offline: true }),
      ];
      expect(found.map((each) => each?.path)).toEqual(paths);
      const [large, small] = await Promise.all(paths.map((path) => readFile(path)));
      expect(Buffer.compare(large, weights)).toBe(0);
      expect(Buffer.compare(small, config)).toBe(0);
      expect(setup.hub.log).toEqual([]);
    },
    5 * MINUTES,
  );
});
