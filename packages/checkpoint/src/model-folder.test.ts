import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeLoad, loadWeights } from './load-weights.js';
import { openModelFolder, readModelFolder, writeModelFolder } from './model-folder.js';
import { encodeSafetensors } from './safetensors-write.js';
import type { WeightRecord } from './weights.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const config = { model_type: 'albert', hidden_size: 2 };
const weights: WeightRecord = {
  'albert.a': { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  'albert.b': { dtype: 'F32', shape: [3], data: Float32Array.of(5, 6, 7) },
  head: { dtype: 'F32', shape: [1], data: Float32Array.of(8) },
};

describe('a model folder', () => {
  test('gives back what was written, with further files beside', async () => {
    const path = join(folder, 'model');
    await writeModelFolder(path, {
      config,
      weights,
      files: { 'vocab.txt': '[PAD]\n', 'onnx/model.onnx': new Uint8Array(3) },
    });
    expect((await readdir(path)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'onnx',
      'vocab.txt',
    ]);
    const found = await readModelFolder(path);
    expect(found.config).toEqual(config);
    expect({ ...found.weights }).toEqual(weights);
  });

  test('may be split over several files', async () => {
    const path = join(folder, 'model');
    await writeModelFolder(path, { config, weights, shardBytes: 20 });
    expect((await readdir(path)).sort()).toEqual([
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(await readFile(join(path, 'model.safetensors.index.json'), 'utf8'));
    expect(index.metadata.total_size).toBe(32);
    expect({ ...(await readModelFolder(path)).weights }).toEqual(weights);
    const open = await openModelFolder(path);
    expect((await open.weights.read('albert.b')).data).toEqual(weights['albert.b'].data);
    await expect(open.weights.read('c')).rejects.toMatchObject({ code: 'unknown-name' });
    await open.close();
  });

  test('written again keeps foreign files and leaves no second set of weights', async () => {
    const path = join(folder, 'model');
    await writeModelFolder(path, { config, weights, shardBytes: 20 });
    await writeFile(join(path, 'notes.txt'), 'mine');
    await writeFile(join(path, 'pytorch_model.bin'), 'old');
    await writeModelFolder(path, { config, weights: { head: weights.head } });
    expect((await readdir(path)).sort()).toEqual(['config.json', 'model.safetensors', 'notes.txt']);
    expect(Object.keys((await readModelFolder(path)).weights)).toEqual(['head']);
  });

  test('that fails to be written leaves nothing', async () => {
    const path = join(folder, 'model');
    const broken: WeightRecord = { x: { dtype: 'F32', shape: [5], data: Float32Array.of(1) } };
    await expect(writeModelFolder(path, { config, weights: broken })).rejects.toThrow('"x"');
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(['../x', '/etc/x', 'a//b', 'config.json', 'model.safetensors', 'a\\b'])(
    'does not take a file named %s',
    async (name) => {
      await expect(
        writeModelFolder(join(folder, 'm'), { config, weights, files: { [name]: '' } }),
      ).rejects.toThrow(RangeError);
    },
  );

  test.each([
    ['not json', /JSON/],
    ['[]', /not a JSON object/],
    ['{"__proto__": {"x": 1}}', /__proto__/],
    ['{"id2label": {"0": {"__proto__": 1}}}', /__proto__/],
    [`{"a": ${'['.repeat(1e6)}${']'.repeat(1e6)}}`, /call stack/],
  ])('refuses a config.json holding %s', async (text, message) => {
    await writeFile(join(folder, 'config.json'), text);
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'bad-config' });
    await expect(readModelFolder(folder)).rejects.toThrow(message);
  });

  test('says which file is missing', async () => {
    await expect(readModelFolder(folder)).rejects.toThrow('there is no config.json in');
    await writeFile(join(folder, 'config.json'), '{}');
    await expect(readModelFolder(folder)).rejects.toThrow('expected one of model.safetensors');
  });
});

describe('an index of shards', () => {
  const shard = (names: string[]): Uint8Array =>
    encodeSafetensors(Object.fromEntries(names.map((name) => [name, weights.head])));

  test.each<[string, unknown, RegExp]>([
    ['that is a list', [], /not a JSON object/],
    ['without a map', {}, /no weight_map/],
    ['that leaves the folder', { weight_map: { a: '../a.safetensors' } }, /no plain file name/],
    ['with an absolute path', { weight_map: { a: '/etc/passwd' } }, /no plain file name/],
    ['with a dot for a file', { weight_map: { a: '..' } }, /no plain file name/],
    [
      'that names a tensor the file lacks',
      { weight_map: { a: 'x', b: 'x', c: 'x' } },
      /x does not hold "c"/,
    ],
    ['that forgets a tensor', { weight_map: { a: 'x' } }, /does not place "b" in x/],
    [
      'that names a file which is not there',
      { weight_map: { a: 'x', b: 'z' } },
      /it names z, which is not there\.\nDownload the index/,
    ],
    [
      'that names a folder',
      { weight_map: { a: 'x', b: 'folder' } },
      /it names folder, which cannot be opened: EISDIR/,
    ],
    [
      'that places a tensor elsewhere',
      { weight_map: { a: 'x', b: 'y' } },
      /does not place "b" in x/,
    ],
  ])('%s is refused', async (_, index, message) => {
    await writeFile(join(folder, 'config.json'), '{}');
    await writeFile(join(folder, 'x'), shard(['a', 'b']));
    await writeFile(join(folder, 'y'), shard(['b']));
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'bad-index' });
    await expect(readModelFolder(folder)).rejects.toThrow(message);
  });
});

describe('loadWeights', () => {
  const model = { prefix: 'albert', shapes: { a: [2, 2], b: [3] } };

  async function load(
    content: WeightRecord,
    ...rest: unknown[]
  ): Promise<ReturnType<typeof loadWeights>> {
    const path = join(folder, `m${(await readdir(folder)).length}`);
    await mkdir(path);
    await writeModelFolder(path, { config, weights: content });
    const open = await openModelFolder(path);
    const [shapes = model, options] = rest as [typeof model?, { allowMismatch?: boolean }?];
    return loadWeights(open.weights, shapes, options).finally(() => open.close());
  }

  test('returns parameters by the names of the model, and the rest by name', async () => {
    const loaded = await load(weights);
    expect({ ...loaded.weights }).toEqual({ a: weights['albert.a'], b: weights['albert.b'] });
    expect(describeLoad(loaded, 'x')).toBe('In x, not used by this model: head.');
  });

  test('refuses a configuration that lies, naming both shapes, before it reads data', async () => {
    const lie = { prefix: 'albert', shapes: { a: [2, 1_000_000_000], b: [3] } };
    await expect(load(weights, lie)).rejects.toThrow(
      /cannot load "a" from .*it is \[2, 2\], the configuration implies \[2, 1000000000\]\.\nUse the config/,
    );
  });

  test('leaves out a head of another size when asked to', async () => {
    const other = { prefix: 'albert', shapes: { a: [2, 2], b: [4] } };
    const loaded = await load(weights, other, { allowMismatch: true });
    expect(Object.keys(loaded.weights)).toEqual(['a']);
    expect(describeLoad(loaded, 'x')).toContain('b, [3] in x, [4] in the model');
  });

  test('refuses a file of another model', async () => {
    await expect(load({ c: weights.head })).rejects.toThrow(
      /holds none of the model's 2 parameters: found 1 tensors such as "c", expected such as "a"/,
    );
  });

  test('refuses two different values for one shared weight', async () => {
    const tied = { ...model, tied: { out: 'b' } };
    const same = { ...weights, out: weights['albert.b'] };
    expect(Object.keys((await load(same, tied)).weights)).toEqual(['a', 'b']);
    const split = { ...weights, out: { ...weights['albert.b'], data: Float32Array.of(5, 6, 8) } };
    await expect(load(split, tied)).rejects.toMatchObject({ code: 'untied-weights' });
  });
});
