import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readModelFolder } from './model-folder.js';
import { resolveModel } from './resolve-model.js';
import { encodeSafetensors } from './safetensors-write.js';

const COMMIT = 'c'.repeat(40);
const tensors = (value: number) =>
  ({ w: { dtype: 'F32', shape: [1], data: Float32Array.of(value) } }) as const;

let server: Server;
let files: Record<string, Uint8Array>;
let cache: string;
let endpoint: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'hub-'));
  files = {
    'config.json': Buffer.from('{"model_type":"x"}'),
    'model.safetensors': encodeSafetensors(tensors(3)),
    'vocab.txt': Buffer.from('[PAD]\n'),
  };
  server = createServer((request, response) => {
    const name = (request.url ?? '').replace(/^\/org\/model\/resolve\/[^/]+\//, '');
    const content = files[name];
    if (!content)
      return response
        .writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': COMMIT })
        .end();
    const etag = createHash('sha256').update(content).digest('hex');
    response.writeHead(200, {
      'x-repo-commit': COMMIT,
      etag: `"${etag}"`,
      'content-length': content.length,
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(cache, { recursive: true, force: true });
});

describe('resolveModel', () => {
  test('takes a folder as it is', async () => {
    expect(await resolveModel('src')).toBe(resolve('src'));
  });

  test('fetches configuration, weights and tokenizer of a repository', async () => {
    const folder = await resolveModel('org/model', { hub: { cache, endpoint } });
    expect(folder).toBe(join(cache, 'models--org--model/snapshots', COMMIT));
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'vocab.txt',
    ]);
    expect((await readModelFolder(folder)).weights.w.data[0]).toBe(3);
    await new Promise((done) => server.close(done));
    server.closeAllConnections();
    expect(await resolveModel('org/model', { hub: { cache, endpoint, offline: true } })).toBe(
      folder,
    );
  });

  test('takes what a cache without notes of absent files has, offline', async () => {
    const folder = await resolveModel('org/model', { hub: { cache, endpoint } });
    const offline = { cache, endpoint, offline: true };
    await rm(join(cache, 'models--org--model/.no_exist'), { recursive: true });
    expect(await resolveModel('org/model', { hub: offline })).toBe(folder);
    await rm(join(folder, 'model.safetensors'));
    await expect(resolveModel('org/model', { hub: offline })).rejects.toThrow(
      /the cache .* has no weights: none of model\.safetensors, .* of org\/model\.\nLoad the model once/,
    );
  });

  test('fetches every file of split weights', async () => {
    delete files['model.safetensors'];
    files['model-1.safetensors'] = encodeSafetensors(tensors(4));
    files['model.safetensors.index.json'] = Buffer.from(
      '{"weight_map":{"w":"model-1.safetensors"}}',
    );
    const folder = await resolveModel('org/model', { hub: { cache, endpoint } });
    expect((await readModelFolder(folder)).weights.w.data[0]).toBe(4);
    files['model.safetensors.index.json'] = Buffer.from('{"weight_map":{"w":"../../evil"}}');
    await rm(cache, { recursive: true });
    await expect(resolveModel('org/model', { hub: { cache, endpoint } })).rejects.toMatchObject({
      code: 'bad-name',
    });
  });

  test('says what a repository lacks', async () => {
    delete files['model.safetensors'];
    await expect(resolveModel('org/model', { hub: { cache, endpoint } })).rejects.toThrow(
      /repository org\/model has no weights: none of model.safetensors, .*tf_model.h5/,
    );
    delete files['config.json'];
    await rm(cache, { recursive: true });
    await expect(resolveModel('org/model', { hub: { cache, endpoint } })).rejects.toThrow(
      'has no config.json',
    );
  });

  test('asks nobody for what is neither folder nor name', async () => {
    await expect(resolveModel('./no-such-folder', { hub: { cache, endpoint } })).rejects.toThrow(
      'nor a name such as',
    );
    await expect(resolveModel('org/model')).rejects.toThrow('no hub is configured');
  });
});
