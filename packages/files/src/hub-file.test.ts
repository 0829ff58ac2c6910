// Case F7 of the reference: the hub as it should be. After huggingface_hub, tests/test_file_download.py.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { config, SHA, setUpHub, weights } from './hub.test-support.js';
import { hubFile } from './hub-file.js';
import { COMMIT, gitId } from './test-support.js';

const setup = setUpHub();
const { repo, get, requests, badBodies } = setup;

describe('hubFile', () => {
  test('fills the cache as Python does', async () => {
    const found = await get();
    await get('config.json');
    await get('onnx/model.onnx');
    expect(found).toEqual({
      path: repo('snapshots', COMMIT, 'model.safetensors'),
      snapshot: repo('snapshots', COMMIT),
      commit: COMMIT,
    });
    expect(await readFile(repo('refs/main'), 'utf8')).toBe(COMMIT);
    expect(await readlink(repo('snapshots', COMMIT, 'model.safetensors'))).toBe(
      `../../blobs/${SHA}`,
    );
    expect(await readlink(repo('snapshots', COMMIT, 'onnx/model.onnx'))).toMatch(
      /^\.\.\/\.\.\/\.\.\/blobs\//,
    );
    expect((await readdir(repo('blobs'))).sort()).toEqual(
      [SHA, gitId(config), createHash('sha256').update('onnx').digest('hex')].sort(),
    );
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
  });

  test('reports progress up to the full size', async () => {
    await get();
    const progress = setup.events.filter((event) => event.type === 'progress');
    expect(progress.at(-1)).toEqual({
      type: 'progress',
      file: 'model.safetensors',
      receivedBytes: 300_000,
      totalBytes: 300_000,
    });
  });

  test('asks only for the headers of what it has, and for nothing if a commit is named', async () => {
    await get();
    setup.hub.log.length = 0;
    await get();
    expect(setup.hub.log).toEqual(['hub HEAD /org/model/resolve/main/model.safetensors']);
    await get('model.safetensors', { revision: COMMIT });
    expect(setup.hub.log.length).toBe(1);
  });

  test('moves on with the branch and keeps the old snapshot', async () => {
    await get('config.json');
    setup.hub.commit = 'f'.repeat(40);
    const found = await get('config.json');
    expect(found?.commit).toBe(setup.hub.commit);
    expect((await readdir(repo('snapshots'))).sort()).toEqual([COMMIT, setup.hub.commit].sort());
    expect(await readFile(repo('refs/main'), 'utf8')).toBe(setup.hub.commit);
  });

  test('sends the token to the hub, and not to the host it redirects to', async () => {
    await get('model.safetensors', { token: 'secret' });
    expect(setup.hub.log).toEqual([
      'hub HEAD /org/model/resolve/main/model.safetensors token',
      'hub GET /org/model/resolve/main/model.safetensors token',
      'cdn GET /model.safetensors',
    ]);
  });

  test('gets files of data sets too, beside the models', async () => {
    const found = await get('config.json', { repoType: 'dataset' });
    expect(found?.snapshot).toBe(join(setup.cache, 'datasets--org--model/snapshots', COMMIT));
    expect(setup.hub.log[0]).toBe('hub HEAD /datasets/org/model/resolve/main/config.json');
  });

  test('remembers that a file does not exist', async () => {
    expect(await get('vocab.txt')).toBeUndefined();
    expect(await readdir(repo('.no_exist', COMMIT))).toEqual(['vocab.txt']);
    await get('config.json');
    expect(await get('vocab.txt', { offline: true })).toBeUndefined();
  });

  test('works offline from the cache, and says what is not there', async () => {
    await get('config.json');
    setup.hub.log.length = 0;
    expect((await get('config.json', { offline: true }))?.commit).toBe(COMMIT);
    await expect(get('model.safetensors', { offline: true })).rejects.toMatchObject({
      code: 'offline',
    });
    await expect(get('model.safetensors', { offline: true })).rejects.toThrow(
      /model.safetensors of org\/model at "main" is not in the cache .*\nRun once without/,
    );
    expect(setup.hub.log).toEqual([]);
  });

  test('falls back to the cache when the hub is down, and tells', async () => {
    await get('config.json');
    setup.hub.misbehave = (_, response) => Boolean(response.writeHead(503).end());
    expect((await get('config.json'))?.commit).toBe(COMMIT);
    expect(setup.events.at(-1)).toMatchObject({ type: 'stale', file: 'config.json' });
    await expect(get('model.safetensors')).rejects.toMatchObject({ code: 'unreachable' });
  });

  test.each([
    [
      'other/model',
      'config.json',
      'main',
      'not-found',
      /there is no repository other\/model \(RepoNotFound/,
    ],
    ['org/model', 'config.json', 'v9', 'not-found', /org\/model has no revision "v9"/],
    ['../model', 'config.json', 'main', 'bad-name', /"..\/model" is no name of a repository/],
    ['a/b/c', 'config.json', 'main', 'bad-name', /no name of a repository/],
    ['org/mo--del', 'config.json', 'main', 'bad-name', /no name of a repository/],
    ['org/model', '../../secret', 'main', 'bad-name', /no file name/],
    ['org/model', '..\\..\\secret', 'main', 'bad-name', /no file name/],
    ['org/model', '/etc/passwd', 'main', 'bad-name', /no file name/],
    ['org/model', 'C:/x', 'main', 'bad-name', /no file name/],
    ['org/model', 'config.json', '../main', 'bad-name', /no revision/],
  ])('refuses %s %s at %s', async (name, file, revision, code, message) => {
    const result = hubFile(name, file, { ...setup.options, revision });
    await expect(result).rejects.toMatchObject({ code });
    await expect(result).rejects.toThrow(message);
  });

  test('downloads once for two callers', async () => {
    const [a, b] = await Promise.all([get(), get()]);
    expect(a).toEqual(b);
    expect(requests('cdn GET')).toBe(1);
  });

  test('downloads once for two processes', async () => {
    const script = `
      import { hubFile } from ${JSON.stringify(new URL('./hub-file.ts', import.meta.url).pathname)};
      const found = await hubFile('org/model', 'model.safetensors', ${JSON.stringify({ ...setup.options, onEvent: undefined })});
      process.stdout.write(found.path);`;
    badBodies(1, (_, response) => {
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 1000));
      setTimeout(() => response.end(weights.subarray(1000)), 300);
      return true;
    });
    const outputs = await Promise.all([run(script), run(script), get()]);
    expect(outputs[0]).toBe(outputs[2]?.path);
    expect(outputs[1]).toBe(outputs[2]?.path);
    expect(requests('cdn GET')).toBe(1);
  });
});

async function run(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}
