import { expect, test } from '@jest/globals';
import { mutateFiles } from './mutated-files.test-support.js';

test('100,000 damaged files give a named error or a sound tokenizer', () => {
  const { refused, loaded } = mutateFiles(100_000);
  expect(refused + loaded).toBe(100_000);
}, 600_000);
