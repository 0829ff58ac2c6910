import { expect, test } from '@jest/globals';
import { isRepoId } from './hub-paths.js';

test.each([
  'shoarora/alectra-small-owt',
  'bert-base-uncased',
  'google/electra-small-discriminator',
  'org/name.v2_1',
  '01-ai/x',
])('%s is a name of a repository', (name) => {
  expect(isRepoId(name)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  './model',
  '/model',
  'a/b/c',
  'org/',
  'org/na me',
  'org/a--b',
  'org/a..b',
  'org/a.',
  '-a/b',
  'a-/b',
  'org/x.git',
  'org/x.ipynb',
  'org\\x',
  'org/x\0',
  'ｏｒｇ/x',
  `org/${'x'.repeat(97)}`,
])('%j is none', (name) => {
  expect(isRepoId(name)).toBe(false);
});
