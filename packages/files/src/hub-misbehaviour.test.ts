// Case F7 of the reference: the hub when it misbehaves. After huggingface_hub, tests/test_file_download.py.

import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { SHA, setUpHub, weights } from './hub.test-support.js';
import { COMMIT } from './test-support.js';

const setup = setUpHub();
const { repo, get, badBodies } = setup;

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
    const ranges = setup.hub.log
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
    setup.hub.log.length = 0;
    await get();
    expect(setup.hub.log.at(-1)).toMatch(/^cdn GET \/model.safetensors bytes=[1-9]/);
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
    setup.hub.misbehave = (_, response) => {
      if (++count > 2) return false;
      response.writeHead(
        429,
        count === 1 ? { 'retry-after': '0' } : { ratelimit: '"api";r=0;t=0' },
      );
      return Boolean(response.end());
    };
    await get('config.json', { retryMs: 60_000 });
    expect(
      setup.events
        .filter(({ type }) => type === 'retry')
        .map((event) => 'waitMs' in event && event.waitMs),
    ).toEqual([0, 0]);
  });

  test('and fails three times is asked a fourth time, and not for ever', async () => {
    let count = 0;
    setup.hub.misbehave = (_, response) => ++count <= 3 && Boolean(response.writeHead(500).end());
    await get('config.json');
    setup.hub.misbehave = (_, response) => Boolean(response.writeHead(502).end());
    setup.hub.log.length = 0;
    await expect(get('model.safetensors')).rejects.toThrow(/after 5 attempts: status 502/);
    expect(setup.hub.log.length).toBe(5);
  });

  test('and never answers is given up', async () => {
    setup.hub.misbehave = () => true;
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
    setup.hub.misbehave = (_, response) =>
      Boolean(response.writeHead(status, { 'x-error-code': 'GatedRepo' }).end());
    await expect(get('config.json')).rejects.toThrow(
      /does not give out config.json: GatedRepo .*\nCheck the name; for private/,
    );
    expect(setup.hub.log.length).toBe(1);
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
    setup.hub.misbehave = (_, response) => Boolean(response.writeHead(200, headers).end());
    await expect(get('config.json')).rejects.toThrow(message);
  });

  test('and announces more than the disk holds is refused before anything is written', async () => {
    const headers = {
      'x-repo-commit': COMMIT,
      etag: `"${SHA}"`,
      'content-length': '1000000000000000',
    };
    setup.hub.misbehave = (_, response) => Boolean(response.writeHead(200, headers).end());
    await expect(get('config.json')).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readdir(repo('blobs'))).toEqual([]);
  });

  test('and redirects in a circle is given up', async () => {
    setup.hub.misbehave = ({ url }, response) =>
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
