import { expect, test } from '@jest/globals';
import { mutateFiles } from './mutated-files.test-support.js';

test('a damaged tokenizer.json is refused by name, or makes a sound tokenizer', () => {
  const { refused, loaded } = mutateFiles(3000);
  expect(refused).toBeGreaterThan(1000);
  expect(loaded).toBeGreaterThan(100);
});
