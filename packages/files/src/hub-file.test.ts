// Case F7 of the reference: the hub, well-behaved and not. After huggingface_hub, tests/test_file_download.py.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hubFile } from './hub-file.js';
import type { HubEvent, HubOptions } from './hub-options.js';
import { COMMIT, type FakeHub, fakeHub, gitId, type Misbehaviour } from './test-support.js';

const weights = Buffer.alloc(300_000, 'weights');
const config = Buffer.from('{"model_type":"albert"}');
const SHA = createHash('sha256').update(weights).digest('hex');

let hub: FakeHub;
let cache: string;
let events: HubEvent[];
let options: HubOptions;

beforeEach(async () => {
  hub = await fakeHub({
    'config.json': { content: config },
    'model.safetensors': { content: weights, large: true },
    'onnx/model.onnx': { content: Buffer.from('onnx'), large: true },
  });
  cache = await mkdtemp(join(tmpdir(), 'hub-'));
  events = [];
  options = {
    cache,
    endpoint: hub.endpoint,
    retryMs: 1,
    timeoutMs: 2000,
    onEvent: (event) => events.push(event),
  };
});
afterEach(async () => {
  await hub.close();
  await rm(cache, { recursive: true, force: true });
});

const repo = (...parts: string[]): string => join(cache, 'models--org--model', ...parts);
const get = (
  file = 'model.safetensors',
  change: Partial<HubOptions> = {},
): ReturnType<typeof hubFile> => hubFile('org/model', file, { ...options, ...change });
const requests = (part: string): number => hub.log.filter((line) => line.includes(part)).length;

/** Does something else for the first `times` bodies. */
function badBodies(times: number, answer: Misbehaviour): void {
  hub.misbehave = (request, response) => {
    if (request.method === 'HEAD' || requestIsRedirect(request)) return false;
    if (times-- <= 0) return false;
    return answer(request, response);
  };
}
const requestIsRedirect = (request: IncomingMessage): boolean =>
  (request.url ?? '').includes('/resolve/') && !(request.url ?? '').includes('config.json');

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
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.at(-1)).toEqual({
      type: 'progress',
      file: 'model.safetensors',
      receivedBytes: 300_000,
      totalBytes: 300_000,
    });
  });

  test('asks only for the headers of what it has, and for nothing if a commit is named', async () => {
    await get();
    hub.log.length = 0;
    await get();
    expect(hub.log).toEqual(['hub HEAD /org/model/resolve/main/model.safetensors']);
    await get('model.safetensors', { revision: COMMIT });
    expect(hub.log.length).toBe(1);
  });

  test('moves on with the branch and keeps the old snapshot', async () => {
    await get('config.json');
    hub.commit = 'f'.repeat(40);
    const found = await get('config.json');
    expect(found?.commit).toBe(hub.commit);
    expect((await readdir(repo('snapshots'))).sort()).toEqual([COMMIT, hub.commit].sort());
    expect(await readFile(repo('refs/main'), 'utf8')).toBe(hub.commit);
  });

  test('sends the token to the hub, and not to the host it redirects to', async () => {
    await get('model.safetensors', { token: 'secret' });
    expect(hub.log).toEqual([
      'hub HEAD /org/model/resolve/main/model.safetensors token',
      'hub GET /org/model/resolve/main/model.safetensors token',
      'cdn GET /model.safetensors',
    ]);
  });

  test('gets files of data sets too, beside the models', async () => {
    const found = await get('config.json', { repoType: 'dataset' });
    expect(found?.snapshot).toBe(join(cache, 'datasets--org--model/snapshots', COMMIT));
    expect(hub.log[0]).toBe('hub HEAD /datasets/org/model/resolve/main/config.json');
  });

  test('remembers that a file does not exist', async () => {
    expect(await get('vocab.txt')).toBeUndefined();
    expect(await readdir(repo('.no_exist', COMMIT))).toEqual(['vocab.txt']);
    await get('config.json');
    expect(await get('vocab.txt', { offline: true })).toBeUndefined();
  });

  test('works offline from the cache, and says what is not there', async () => {
    await get('config.json');
    hub.log.length = 0;
    expect((await get('config.json', { offline: true }))?.commit).toBe(COMMIT);
    await expect(get('model.safetensors', { offline: true })).rejects.toMatchObject({
      code: 'offline',
    });
    await expect(get('model.safetensors', { offline: true })).rejects.toThrow(
      /model.safetensors of org\/model at "main" is not in the cache .*\nRun once without/,
    );
    expect(hub.log).toEqual([]);
  });

  test('falls back to the cache when the hub is down, and tells', async () => {
    await get('config.json');
    hub.misbehave = (_, response) => Boolean(response.writeHead(503).end());
    expect((await get('config.json'))?.commit).toBe(COMMIT);
    expect(events.at(-1)).toMatchObject({ type: 'stale', file: 'config.json' });
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
    const result = hubFile(name, file, { ...options, revision });
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
      const found = await hubFile('org/model', 'model.safetensors', ${JSON.stringify({ ...options, onEvent: undefined })});
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
  }, 60_000);

  const python = process.env.ALECTRA_PYTHON;
  (python ? test : test.skip)(
    "gives Python's huggingface_hub a cache that it can use",
    async () => {
      const found = await get();
      const code =
        'import sys; from huggingface_hub import hf_hub_download; print(hf_hub_download("org/model", "model.safetensors", cache_dir=sys.argv[1], local_files_only=True))';
      const printed = execFileSync(python ?? '', ['-c', code, cache], { encoding: 'utf8' });
      expect(printed.trim()).toBe(found?.path);
    },
  );
});

describe('a hub that behaves badly', () => {
  test('and cuts the body is asked for the rest', async () => {
    badBodies(2, (request, response) => {
      const begin = Number(/\d+/.exec(request.headers.range ?? '0'));
      response.writeHead(begin ? 206 : 200, {
        'content-length': weights.length - begin,
        ...(begin
          ? { 'content-range': `bytes ${begin}-${weights.length - 1}/${weights.length}` }
          : {}),
      });
      response.write(weights.subarray(begin, begin + 100_000), () => response.destroy());
      return true;
    });
    const found = await get();
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
    const ranges = hub.log
      .filter((line) => line.startsWith('cdn GET'))
      .map((line) => line.split('bytes=')[1]);
    expect(ranges[0]).toBeUndefined();
    expect(Number.parseInt(ranges[2], 10)).toBeGreaterThan(Number.parseInt(ranges[1], 10));
  });

  test('and breaks off is continued by the next call', async () => {
    badBodies(1, (_, response) => {
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    });
    await expect(get('model.safetensors', { attempts: 1 })).rejects.toThrow(
      'what was received is kept',
    );
    hub.log.length = 0;
    await get();
    expect(hub.log.at(-1)).toMatch(/^cdn GET \/model.safetensors bytes=[1-9]/);
  });

  test('and does not know ranges sends everything again', async () => {
    badBodies(2, (request, response) => {
      response.writeHead(200, { 'content-length': weights.length });
      if (request.headers.range) response.end(weights);
      else response.write(weights.subarray(0, 100_000), () => response.destroy());
      return true;
    });
    const found = await get();
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
  });

  test('and answers with another range than asked for is not trusted', async () => {
    badBodies(2, (request, response) => {
      const part = request.headers.range ? weights.subarray(7) : weights.subarray(0, 100_000);
      response.writeHead(request.headers.range ? 206 : 200, {
        'content-length': request.headers.range ? part.length : weights.length,
        ...(request.headers.range
          ? { 'content-range': `bytes 7-${weights.length - 1}/${weights.length}` }
          : {}),
      });
      response.write(part, () => response.destroy());
      return true;
    });
    const found = await get();
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
  });

  test('and changes the bytes is found out, and nothing is kept', async () => {
    badBodies(9, (_, response) => Boolean(response.end(Buffer.alloc(weights.length, 'x'))));
    await expect(get()).rejects.toMatchObject({ code: 'tampered' });
    await expect(get()).rejects.toThrow(`expected ${SHA}`);
    expect(await readdir(repo('blobs'))).toEqual([]);
    await expect(lstat(repo('snapshots', COMMIT, 'model.safetensors'))).rejects.toThrow('ENOENT');
  });

  test('and changed the part that was kept is found out and repaired', async () => {
    await get();
    await rm(repo('snapshots'), { recursive: true });
    await rm(repo('blobs', SHA));
    await writeFile(repo('blobs', `${SHA}.alectra-incomplete`), Buffer.alloc(1000, 'x'));
    const found = await get();
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
  });

  test('and sends too much is refused', async () => {
    badBodies(9, (_, response) => Boolean(response.end(Buffer.alloc(weights.length + 1))));
    await expect(get()).rejects.toThrow('more than the 300000 bytes');
  });

  test('and limits the rate is obeyed', async () => {
    let count = 0;
    hub.misbehave = (_, response) => {
      if (++count > 2) return false;
      response.writeHead(
        429,
        count === 1 ? { 'retry-after': '0' } : { ratelimit: '"api";r=0;t=0' },
      );
      return Boolean(response.end());
    };
    await get('config.json', { retryMs: 60_000 });
    expect(
      events
        .filter(({ type }) => type === 'retry')
        .map((event) => 'waitMs' in event && event.waitMs),
    ).toEqual([0, 0]);
  });

  test('and fails three times is asked a fourth time, and not for ever', async () => {
    let count = 0;
    hub.misbehave = (_, response) => ++count <= 3 && Boolean(response.writeHead(500).end());
    await get('config.json');
    hub.misbehave = (_, response) => Boolean(response.writeHead(502).end());
    hub.log.length = 0;
    await expect(get('model.safetensors')).rejects.toThrow(/after 5 attempts: status 502/);
    expect(hub.log.length).toBe(5);
  });

  test('and never answers is given up', async () => {
    hub.misbehave = () => true;
    await expect(get('config.json', { timeoutMs: 50, attempts: 2 })).rejects.toThrow(
      'no answer for 50 ms',
    );
  });

  test('and stops in the middle of a body is given up', async () => {
    badBodies(9, (_, response) => {
      response.writeHead(200, { 'content-length': weights.length });
      return response.write(weights.subarray(0, 1000)) || true;
    });
    await expect(get('model.safetensors', { timeoutMs: 50, attempts: 2 })).rejects.toThrow(
      'no answer for 50 ms',
    );
  });

  test.each([401, 403])('and gives nothing out (%i) is not asked again', async (status) => {
    hub.misbehave = (_, response) =>
      Boolean(response.writeHead(status, { 'x-error-code': 'GatedRepo' }).end());
    await expect(get('config.json')).rejects.toThrow(
      /does not give out config.json: GatedRepo .*\nCheck the name; for private/,
    );
    expect(hub.log.length).toBe(1);
  });

  test.each([
    [{ 'x-repo-commit': COMMIT, 'content-length': '5' }, 'announces the digest ""'],
    [
      { 'x-repo-commit': COMMIT, etag: '"abc"', 'content-length': '5' },
      'announces the digest "abc"',
    ],
    [{ etag: `"${SHA}"`, 'content-length': '5' }, 'without a commit'],
    [{ 'x-repo-commit': '../../x', etag: `"${SHA}"`, 'content-length': '5' }, 'without a commit'],
  ])('and announces %j is refused', async (headers, message) => {
    hub.misbehave = (_, response) => Boolean(response.writeHead(200, headers).end());
    await expect(get('config.json')).rejects.toThrow(message);
  });

  test('and announces more than the disk holds is refused before anything is written', async () => {
    const headers = {
      'x-repo-commit': COMMIT,
      etag: `"${SHA}"`,
      'content-length': '1000000000000000',
    };
    hub.misbehave = (_, response) => Boolean(response.writeHead(200, headers).end());
    await expect(get('config.json')).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readdir(repo('blobs'))).toEqual([]);
  });

  test('and redirects in a circle is given up', async () => {
    hub.misbehave = ({ url }, response) =>
      Boolean(response.writeHead(302, { location: url }).end());
    await expect(get('config.json')).rejects.toThrow('more than 5 redirects');
  });

  test('or a disk that changed a blob is found out on request', async () => {
    const found = await get();
    await writeFile(repo('blobs', SHA), Buffer.alloc(weights.length, 'x'));
    await get('model.safetensors', { verify: true, revision: COMMIT });
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
    await writeFile(repo('blobs', SHA), 'short');
    await get();
    expect(Buffer.compare(await readFile(found?.path ?? ''), weights)).toBe(0);
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
