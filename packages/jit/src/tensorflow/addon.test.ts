import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findTensorflow, startTensorflow } from './addon.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'jit-addon-')));
afterAll(() => rmSync(root, { recursive: true }));

/** A project with packages that look installed; `built` ones have their native part. */
function project(name: string, packages: Readonly<Record<string, 'built' | 'bare'>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [packageName, state] of Object.entries(packages)) {
    const at = join(folder, 'node_modules/@tensorflow', packageName);
    mkdirSync(join(at, 'lib/napi-v8'), { recursive: true });
    const binary = { napi_versions: [3, 4, 5, 6, 7, 8, 99] };
    writeFileSync(join(at, 'package.json'), JSON.stringify({ binary }));
    if (state === 'built') writeFileSync(join(at, 'lib/napi-v8/tfjs_binding.node'), '');
  }
  return folder;
}

describe('findTensorflow', () => {
  test('takes the GPU package first', () => {
    const found = findTensorflow(
      project('both', { 'tfjs-node': 'built', 'tfjs-node-gpu': 'built' }),
    );
    expect(found?.name).toBe('@tensorflow/tfjs-node-gpu');
    expect(found?.binding).toBe(
      join(root, 'both/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node'),
    );
  });

  test('takes the complete package over one without its native part', () => {
    const found = findTensorflow(
      project('half', { 'tfjs-node': 'built', 'tfjs-node-gpu': 'bare' }),
    );
    expect(found?.name).toBe('@tensorflow/tfjs-node');
  });

  test('finds nothing where nothing is installed', () => {
    expect(findTensorflow(project('none', {}))).toBeUndefined();
  });
});

describe('startTensorflow', () => {
  test('says what to install', async () => {
    const tensorflowFrom = project('empty', {});
    await expect(startTensorflow({ tensorflowFrom })).rejects.toThrow(
      'jit: engine "tensorflow" is not installed: @tensorflow/tfjs-node-gpu and @tensorflow/tfjs-node were not found.\nRun npm install @tensorflow/tfjs-node',
    );
  });

  test('says what to build when only the native part is missing', async () => {
    const tensorflowFrom = project('bare', { 'tfjs-node': 'bare' });
    await expect(startTensorflow({ tensorflowFrom })).rejects.toThrow(
      /lacks the native part of @tensorflow\/tfjs-node in .*\n.*tensorflow:setup/,
    );
  });
});
