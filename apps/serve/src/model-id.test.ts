import { expect, test } from '@jest/globals';
import { isModelId, modelIdPart } from './model-id.js';

test.each(['a/b', 'org/name', 'o-r_g.x/n', `${'a'.repeat(96)}/b`, 'google/electra-small', '_/0'])(
  'takes %s',
  (id) => expect(isModelId(id)).toBe(true),
);

test.each([
  '',
  'a',
  '/b',
  'a/',
  'a/b/c',
  '../etc',
  'a/..',
  'a/b..c',
  'a/b--c',
  'a/.b',
  'a/b.',
  'a/-b',
  'a/b\0',
  'a/b c',
  'a/b%2e',
  'a\\b/c',
  `a/${'b'.repeat(97)}`,
  'а/b', // Cyrillic
  'a/b\u200d',
  'a/ｂ',
  'a/b.git',
  'a/b.ipynb',
  'a/b\n',
])('V6: refuses %j', (id) => expect(isModelId(id)).toBe(false));

test.each([
  ['step-000500', 'step-000500'],
  ['my model (2)', 'my-model-2'],
  ['..', 'model'],
  ['a--b..c', 'a-b.c'],
  ['日本', 'model'],
  ['x.git', 'x'],
  ['y'.repeat(200), 'y'.repeat(90)],
])('a folder called %s is named %s', (folder, name) => {
  expect(modelIdPart(folder)).toBe(name);
  expect(isModelId(`a/${name}`)).toBe(true);
});
