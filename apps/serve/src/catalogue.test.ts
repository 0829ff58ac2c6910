import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openCatalogue } from './catalogue.js';
import { tinyModel, tinyRuns } from './tiny-models.test-support.js';

let runs: string;
beforeAll(async () => {
  runs = await tinyRuns();
});
afterAll(() => rmSync(dirname(runs), { recursive: true }));

test('a folder of runs gives both networks of a run, the generator first', async () => {
  const { models, runs: found, faults } = await openCatalogue([runs]);
  expect(faults).toEqual([]);
  expect(found).toEqual([{ name: 'toy', folder: join(runs, 'toy') }]);
  expect(models.map(({ id, tasks, partner }) => [id, tasks[0], partner])).toEqual([
    ['toy/generator', 'fill-mask', 'toy/discriminator'],
    ['toy/discriminator', 'token-classification', 'toy/generator'],
  ]);
  expect(models[1]).toMatchObject({
    run: { name: 'toy' },
    architecture: 'AlbertForTokenClassification',
    labels: ['ORIGINAL', 'REPLACED'],
    tasks: ['token-classification', 'replaced-token-detection', 'feature-extraction'],
    maxTokens: 64,
    maskToken: '[MASK]',
  });
});

test('a model folder is named after itself and its parent, or as it is told', async () => {
  const folder = join(runs, 'toy/model/generator');
  const [named] = (await openCatalogue([folder])).models;
  expect(named?.id).toBe('model/generator');
  const [told] = (await openCatalogue([`org/name=${folder}`])).models;
  expect(told).toMatchObject({ id: 'org/name', folder });
});

test('a run, its model folder and a folder of models are understood', async () => {
  const ids = async (path: string): Promise<string[]> =>
    (await openCatalogue([path])).models.map(({ id }) => id).sort();
  expect(await ids(join(runs, 'toy'))).toEqual(['toy/discriminator', 'toy/generator']);
  expect(await ids(join(runs, 'toy/model'))).toEqual(['model/discriminator', 'model/generator']);
  const shelf = join(dirname(runs), 'shelf');
  await tinyModel(join(shelf, 'one'), { head: 'sequence-classification' });
  await tinyModel(join(shelf, 'two'));
  expect(await ids(shelf)).toEqual(['shelf/one', 'shelf/two']);
});

test('V6: links that lead out of the folder, and folders that are no models, are left out', async () => {
  const root = join(dirname(runs), 'linked');
  mkdirSync(join(root, 'empty'), { recursive: true });
  symlinkSync(join(runs, 'toy/model/generator'), join(root, 'outside'));
  symlinkSync(join(root, 'gone'), join(root, 'dangling'));
  await tinyModel(join(root, 'broken'));
  writeFileSync(join(root, 'broken/config.json'), '{"model_type":"gpt9"}');
  writeFileSync(join(root, 'config.json'), '{}');
  const { models, faults } = await openCatalogue([root]);
  expect(models).toEqual([]);
  expect(faults).toEqual([
    { folder: join(root, 'broken'), message: expect.stringMatching(/"model_type".*is "gpt9"/) },
  ]);
});

test('V3: no file of a folder reaches a prototype, or finds what it inherits', async () => {
  const shelf = join(dirname(runs), 'prototypes');
  for (const name of ['own', 'labels', 'inherited']) await tinyModel(join(shelf, name));
  const change = (file: string, from: RegExp, to: string): void => {
    const path = join(shelf, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
  };
  const polluting = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
  change('own/config.json', /\{/, `{${polluting}`);
  change('own/tokenizer_config.json', /\{/, `{${polluting}"x":0,`);
  change('labels/config.json', /\{/, '{"id2label":{"__proto__":"polluted","0":"A","1":"B"},');
  change('inherited/config.json', /"model_type":\s*"albert"/, '"model_type":"constructor"');
  const { models, faults } = await openCatalogue([shelf]);
  expect(models.map(({ id }) => id).sort()).toEqual(['prototypes/labels', 'prototypes/own']);
  expect(faults).toEqual([
    {
      folder: join(shelf, 'inherited'),
      message: expect.stringMatching(/"model_type".*is "constructor"/),
    },
  ]);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('a new model appears, and a changed one has another revision', async () => {
  const root = join(dirname(runs), 'growing');
  mkdirSync(root);
  const catalogue = await openCatalogue([root]);
  expect(catalogue.models).toEqual([]);
  cpSync(join(runs, 'toy/model/generator'), join(root, 'late'), { recursive: true });
  await catalogue.refresh(true);
  const first = catalogue.find('growing/late')?.revision;
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  utimesSync(join(root, 'late/model.safetensors'), 1, 1);
  await catalogue.refresh(true);
  expect(catalogue.find('growing/late')?.revision).not.toBe(first);
});

test('a folder that cannot be read any more hides no other', async () => {
  const root = join(dirname(runs), 'passing');
  mkdirSync(root);
  const catalogue = await openCatalogue([root, runs]);
  rmSync(root, { recursive: true });
  writeFileSync(root, 'a file');
  await catalogue.refresh(true);
  expect(catalogue.faults).toEqual([{ folder: root, message: expect.stringMatching(/ENOTDIR/) }]);
  expect(catalogue.find('toy/generator')).toBeDefined();
});

test('a folder that does not exist is refused by name', async () => {
  await expect(openCatalogue([join(runs, 'nowhere')])).rejects.toThrow(
    /nowhere: found no such folder/,
  );
});
