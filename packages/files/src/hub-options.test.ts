import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hubOptionsFromEnv } from './hub-options.js';

const HOME = '/home/ada';
const DEFAULT = `${HOME}/.cache/huggingface/hub`;

// precedence as in huggingface_hub, constants.py
test.each<[Record<string, string>, string]>([
  [{}, DEFAULT],
  [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/xdg', HF_HOME: '~/hf' }, `${HOME}/hf/hub`],
  [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
])('%j puts the cache at %s', (env, cache) => {
  expect(hubOptionsFromEnv(env, HOME).cache).toBe(cache);
});

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ HF_HUB_OFFLINE: '1' }, true],
  [{ HF_HUB_OFFLINE: 'yes' }, true],
  [{ HF_HUB_OFFLINE: '0' }, false],
  [{ TRANSFORMERS_OFFLINE: 'TRUE' }, true],
])('%j means offline: %s', (env, offline) => {
  expect(hubOptionsFromEnv(env, HOME).offline).toBe(offline);
});

test('endpoint and time limit come from the environment', () => {
  const options = hubOptionsFromEnv(
    { HF_ENDPOINT: 'http://mirror/', HF_HUB_DOWNLOAD_TIMEOUT: '3' },
    HOME,
  );
  expect(options).toMatchObject({ endpoint: 'http://mirror', timeoutMs: 3000 });
  expect(hubOptionsFromEnv({}, HOME).endpoint).toBe('https://huggingface.co');
});

test('the token comes from the environment, else from the file, unless forbidden', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hub-'));
  await writeFile(join(folder, 'token'), 'from-file\n');
  expect(hubOptionsFromEnv({ HF_HOME: folder }, HOME).token).toBe('from-file');
  expect(hubOptionsFromEnv({ HF_HOME: folder, HF_TOKEN: ' t ' }, HOME).token).toBe('t');
  expect(
    hubOptionsFromEnv({ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, HOME).token,
  ).toBeUndefined();
  expect(hubOptionsFromEnv({}, HOME).token).toBeUndefined();
  await rm(folder, { recursive: true });
});
