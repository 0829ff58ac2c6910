import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@alectra/files';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Checkpoint,
  lastGoodCheckpoint,
  listCheckpoints,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint-folder.js';
import { memoryFolder } from './memory-folder.test-support.js';

let folder: string;
beforeEach(() => {
  folder = memoryFolder('checkpoints');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensor = (...values: number[]) =>
  ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }) as const;

const at = (step: number): Checkpoint => ({
  step,
  parameters: { a: tensor(1, Number.NaN, -0), b: tensor(2, 3, step) },
  optimizer: { 'm.a': tensor(0.1, 1e-45, 3e38), 'm.b': tensor(4, 5, 6) },
  state: { tokens: 1, nested: { list: [1, 2.5, null] } },
});

describe('a checkpoint', () => {
  test('C11: comes back bit by bit', async () => {
    expect(await readCheckpoint(await writeCheckpoint(folder, at(7)))).toEqual(at(7));
  });

  test('is named by its step, and named in latest', async () => {
    await writeCheckpoint(folder, at(500));
    await writeCheckpoint(folder, at(1_234_567));
    expect(readdirSync(folder).sort()).toEqual(['latest', 'step-000500', 'step-1234567']);
    expect(readFileSync(join(folder, 'latest'), 'utf8')).toBe('step-1234567\n');
    expect(await listCheckpoints(folder)).toEqual([500, 1_234_567]);
  });

  test('C12: written twice at a step is the second one', async () => {
    await writeCheckpoint(folder, at(7));
    const path = await writeCheckpoint(folder, { ...at(7), state: 'second' });
    expect((await readCheckpoint(path)).state).toBe('second');
  });

  test('C13: replaced again and again is read as one of those written, or not at all', async () => {
    await writeCheckpoint(folder, at(7));
    let isDone = false;
    const seen: unknown[] = [];
    const refused: unknown[] = [];
    const read = async (): Promise<void> => {
      while (!isDone)
        await readCheckpoint(join(folder, 'step-000007')).then(
          ({ state, parameters }) => seen.push([state, parameters.b?.data[2]]),
          (error: { code?: string }) => refused.push(error.code),
        );
    };
    const reader = read();
    const versions = Array.from({ length: 12 }, (_, index) => index);
    for (const version of versions) {
      const parameters = { ...at(7).parameters, b: tensor(2, 3, version) };
      await writeCheckpoint(folder, { ...at(7), parameters, state: version });
      // a writer that never rests may leave no time for a whole read
      const before = seen.length;
      while (version % 4 === 3 && seen.length === before)
        await new Promise((resolve) => setImmediate(resolve));
    }
    isDone = true;
    await reader;
    expect(refused.filter((code) => code !== 'damaged')).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    for (const one of seen)
      expect([[at(7).state, 7], ...versions.map((version) => [version, version])]).toContainEqual(
        one,
      );
  });

  test('can be removed', async () => {
    await writeCheckpoint(folder, at(7));
    await removeCheckpoint(folder, 7);
    expect(await listCheckpoints(folder)).toEqual([]);
  });

  test('C1: that was being removed when the process died is gone at the next start', async () => {
    mkdirSync(join(folder, '.removing-step-000003'));
    expect((await lastGoodCheckpoint(folder)).checkpoint).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });
});

type Damage = (path: string) => void;
const edit =
  (name: string, change: (bytes: Buffer) => Buffer): Damage =>
  (path) =>
    writeFileSync(join(path, name), change(readFileSync(join(path, name))));
const flip = (at: number) => (bytes: Buffer) => {
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes;
};

const damages: [string, Damage][] = [
  ...['model.safetensors', 'optimizer.safetensors', 'state.json', 'manifest.json'].flatMap(
    (name): [string, Damage][] => [
      [`a flipped bit at the start of ${name}`, edit(name, flip(3))],
      [`a flipped bit at the end of ${name}`, edit(name, flip(-3))],
      [`${name} cut short`, edit(name, (bytes) => bytes.subarray(0, -5))],
      [`${name} emptied`, edit(name, () => Buffer.alloc(0))],
      [`${name} grown`, edit(name, (bytes) => Buffer.concat([bytes, Buffer.from('\n')]))],
      [`${name} missing`, (path) => rmSync(join(path, name))],
    ],
  ),
  [
    'two tensors swapped by name',
    edit('model.safetensors', (bytes) =>
      Buffer.from(
        bytes.toString('latin1').replace('"a"', '"x"').replace('"b"', '"a"').replace('"x"', '"b"'),
        'latin1',
      ),
    ),
  ],
  ['a manifest of nothing', edit('manifest.json', () => Buffer.from('null'))],
  [
    'a manifest that forgets a file',
    edit('manifest.json', (bytes) => {
      const { sha256: _, ...manifest } = JSON.parse(bytes.toString());
      manifest.files.pop();
      return Buffer.from(JSON.stringify({ ...manifest, sha256: sha256(JSON.stringify(manifest)) }));
    }),
  ],
];

describe('damage', () => {
  // a final newline more in manifest.json changes nothing that is read
  test.each(damages.filter(([name]) => name !== 'manifest.json grown'))(
    'C6: is found: %s',
    async (_, damage) => {
      await writeCheckpoint(folder, at(5));
      const path = await writeCheckpoint(folder, at(6));
      damage(path);
      await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'damaged' });
      const { checkpoint, damaged } = await lastGoodCheckpoint(folder);
      expect(checkpoint?.step).toBe(5);
      expect(damaged.map((one) => one.path)).toEqual([join(folder, 'damaged-step-000006')]);
      expect(existsSync(join(folder, 'damaged-step-000006'))).toBe(true);
      expect(await listCheckpoints(folder)).toEqual([5]);
    },
  );

  test('C6: fails an exact search and moves nothing', async () => {
    await writeCheckpoint(folder, at(6));
    rmSync(join(folder, 'step-000006/state.json'));
    await expect(lastGoodCheckpoint(folder, { exact: true })).rejects.toThrow(
      'is damaged: state.json: it is missing.',
    );
    expect(await listCheckpoints(folder)).toEqual([6]);
  });

  test('C7: is not what a newer format is', async () => {
    await writeCheckpoint(folder, at(5));
    const path = await writeCheckpoint(folder, at(6));
    edit('manifest.json', (bytes) =>
      Buffer.from(bytes.toString().replace('"format": 1', '"format": 2')),
    )(path);
    await expect(lastGoodCheckpoint(folder)).rejects.toThrow(
      'its format is 2, this version knows 1.',
    );
  });
});
