import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createProgram } from './command-line.js';
import { modelName } from './model-name.js';

const empty = mkdtempSync(join(tmpdir(), 'evaluate-empty-'));
afterAll(() => rmSync(empty, { recursive: true }));

describe('flags', () => {
  const run = (...args: string[]): Promise<unknown> => {
    const program = createProgram();
    for (const command of [program, ...program.commands])
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    return program.parseAsync(args, { from: 'user' });
  };
  const model = ['--model', empty];

  test.each([
    ['no model', [], /required option '--model <name>' not specified/],
    ['a task that does not exist', [...model, '--tasks', 'COLA,SST3'], /expected CoLA, SST-2, /],
    ['a task without training set', [...model, '--tasks', 'AX'], /expected CoLA, SST-2, /],
    ['no seeds', [...model, '--seeds', '0'], /expected a whole number above 0/],
    [
      'another recipe',
      [...model, '--recipe', 'bert'],
      /expected electra, alectra-card, huggingface/,
    ],
    ['a negative rate', [...model, '--learning-rate', '-1'], /expected a number above 0/],
    [
      'no data',
      [...model, '--data', join(empty, 'none')],
      /evaluate: there is no folder .*none: expected the data/,
    ],
    ['epochs without an end', [...model, '--epochs', 'Infinity'], /expected a number above 0/],
    ['a download of no task', ['download', '--tasks', 'x'], /expected CoLA, .*, WNLI, AX$/],
    [
      'the diagnostic set without labels',
      ['diagnostic', empty, '--data', empty],
      /evaluate: there is no .*diagnostic-full\.tsv: expected the diagnostic set with its labels\.\n/,
    ],
    ['an empty folder of data', [...model, '--data', empty], /evaluate: there is no task in /],
  ])('%s', async (_, args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });
});

test('a submission needs a run of every task', async () => {
  await expect(
    createProgram().parseAsync(['submit', '--runs', empty], { from: 'user' }),
  ).rejects.toThrow(/found no finished run of CoLA, SST-2, .*, AX, expected one of each task/);
});

test.each([
  ['a folder of a run', 'runs/quick/model/discriminator', 'quick-discriminator'],
  ['a folder', 'runs/base', 'base'],
])('names %s', (_, path, name) => {
  // parts of the path count, whether it exists or not is asked first
  const folder = mkdtempSync(join(empty, 'names-'));
  const full = join(folder, path);
  expect(modelName(full)).toBe(full); // a hub id, or nothing
  mkdirSync(full, { recursive: true });
  expect(modelName(full)).toBe(name);
});
