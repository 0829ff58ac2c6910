import { expect, test } from '@jest/globals';
import { parseCommandLine } from './command-line.js';
import { resolveSettings } from './settings.js';

test('flags become settings, and the token may come from the environment', () => {
  const flags = ['models', 'org/name=other', '--port', '0', '--max-queue', '64', '--cors', '*'];
  const { sources, settings } = parseCommandLine(flags, { ALECTRA_SERVE_TOKEN: 'secret' });
  expect(sources).toEqual(['models', 'org/name=other']);
  expect(settings).toMatchObject({ port: 0, maxQueue: 64, cors: '*', token: 'secret' });
  expect(parseCommandLine(['models', '--token', 'a'], {}).settings.token).toBe('a');
});

test('what is on by default is turned off by name', () => {
  const on = { spinning: true, warmUp: true };
  expect(parseCommandLine(['models'], {}).settings).toMatchObject(on);
  const { settings } = parseCommandLine(['models', '--no-spinning', '--no-warm-up'], {});
  expect(settings).toMatchObject({ spinning: false, warmUp: false });
});

test('what is not set has its documented default', () => {
  expect(resolveSettings({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    engine: 'auto',
    maxQueue: 512,
    bodyBytes: 2_000_000,
    holdSeconds: 30,
  });
});

test.each([
  [{ port: 70_000 }, /port/],
  [{ port: 1.5 }, /port/],
  [{ engine: 'warp' as 'auto' }, /engine/],
  [{ maxBatchTokens: 0 }, /maxBatchTokens/],
  [{ colour: 'red' } as object, /colour/],
  [{ maxRequestInputs: 100, maxQueue: 10 }, /a request may bring 100 inputs, the queue holds 10/],
])('%j is refused', (given, message) => {
  expect(() => resolveSettings(given)).toThrow(message);
});
