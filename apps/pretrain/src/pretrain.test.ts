// The whole path in one process, on the eager engine: text, vocabulary, shards, four steps, export, answers, curves.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { registerKernels } from '@alectra/nn';
import { readCheckpoint, readMetrics } from '@alectra/trainer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { detectReplaced, fillMask } from './ask.js';
import { compare } from './compare.js';
import type { Console } from './console.js';
import { type PretrainSummary, pretrain, recipeOfRun } from './pretrain.js';
import type { Recipe } from './recipe.js';
import { resolveRecipe } from './recipe-file.js';
import { colaFiles, tinyProject } from './test-support.js';

tf.enableProdMode();
registerKernels('cpu');

let root: string;
let folder: string;
let recipe: Recipe;
let summary: PretrainSummary;
const said: string[] = [];
const console: Console = {
  say: (line) => said.push(line),
  onEvent: () => undefined,
  end: () => undefined,
};

beforeAll(async () => {
  root = tinyProject();
  folder = join(root, 'run');
  mkdirSync(join(root, 'CoLA'));
  for (const [name, content] of Object.entries(colaFiles()))
    writeFileSync(join(root, 'CoLA', name), content);
  recipe = resolveRecipe({
    file: join(root, 'recipe.json'),
    set: ['schedule.steps=4', 'schedule.warmupSteps=1', 'intervals.logSteps=2', 'engine=eager'],
    flags: {
      data: { text: [join(root, 'text.jsonl')] },
      probe: { data: root, task: 'cola', everySteps: 2 },
    },
  });
  summary = await pretrain({ folder, recipe, resume: 'never', console });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('pretraining', () => {
  test('says what it found and made', () => {
    expect(said[0]).toMatch(/^text: JSON lines file, /);
    expect(said[1]).toBe('vocabulary: 200 word pieces');
    expect(said[2]).toMatch(/^examples of 16 tokens: \d+ to train on, \d+ held out$/);
    expect(said[3]).toMatch(
      /^networks: generator [\d,]+ and discriminator [\d,]+ parameters, [\d,]+ together$/,
    );
  });

  test('ends with held-out figures beside their baselines', () => {
    expect(summary).toMatchObject({
      status: 'finished',
      step: 4,
      folder,
      model: join(folder, 'model'),
    });
    const { generatorLoss, auc, aucError, unigramAccuracy, constantLoss } =
      summary.evaluation ?? {};
    // next to nothing was learned: the loss of a uniform guess over 200 pieces
    expect(Math.abs((generatorLoss ?? 0) - Math.log(200))).toBeLessThan(0.5);
    expect(Math.abs((auc ?? 0) - 0.5)).toBeLessThan(5 * (aucError ?? 0) + 0.1);
    expect(unigramAccuracy).toBeGreaterThan(1 / 200);
    expect(constantLoss).toBeLessThan(Math.log(2));
  });

  test('probes the discriminator, into metrics.jsonl and for TensorBoard', async () => {
    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    const probes = lines.filter(({ kind }) => kind === 'probe');
    expect(probes.map(({ step }) => step)).toEqual([2, 4]);
    for (const { CoLA_matthews_correlation: found } of probes)
      expect(Math.abs(Number(found))).toBeLessThanOrEqual(1);
    const events = readdirSync(folder).filter((name) => name.startsWith('events'));
    const bytes = events.map((name) => readFileSync(join(folder, name), 'latin1')).join('');
    expect(bytes).toContain('probe/CoLA_matthews_correlation');
  });

  test('leaves a config.json that is its recipe', () => {
    expect(recipeOfRun(folder, {})).toEqual(recipe);
    expect(() => recipeOfRun(folder, { flags: { seed: 9 } })).toThrow(
      'was begun with other values:\n  seed: 1 before, 9 now\nLeave them, or allow the change: --allow-config-change seed',
    );
    expect(recipeOfRun(folder, { flags: { seed: 9 } }, ['seed']).seed).toBe(9);
  });

  test('refuses to begin twice in a folder', async () => {
    await expect(pretrain({ folder, recipe, resume: 'never', console })).rejects.toThrow(
      'holds a run already',
    );
  });

  test('leaves a model that answers', async () => {
    const [answers = []] = await fillMask(folder, 'the cat [MASK] a dog', 3);
    expect(answers).toHaveLength(3);
    const scores = answers.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const verdicts = await detectReplaced(join(folder, 'model'), 'the cat sees');
    expect(
      verdicts
        .map(({ token }) => token)
        .join('')
        .replaceAll('##', ''),
    ).toBe('thecatsees');
    for (const { replaced } of verdicts) expect(replaced > 0 && replaced < 1).toBe(true);
  });

  test('answers questions that cannot be answered with what is wrong', async () => {
    await expect(fillMask(folder, 'no mask')).rejects.toThrow('there is no [MASK] in the text');
    await expect(fillMask(folder, `${'word '.repeat(80)}[MASK]`)).rejects.toThrow(
      /the text is too long/,
    );
    await expect(fillMask(root, 'a [MASK]')).rejects.toThrow('there is no exported generator');
  });

  test('killed between its last checkpoint and the export, exports the same without its text', async () => {
    const card = join(folder, 'model', 'generator', 'README.md');
    const before = readFileSync(card, 'utf8');
    expect(before).toContain('held-out loss');
    rmSync(join(folder, 'model'), { recursive: true });
    renameSync(join(root, 'text.jsonl'), join(root, 'moved.jsonl'));
    const again = recipeOfRun(folder, {});
    expect(await pretrain({ folder, recipe: again, resume: 'auto', console })).toMatchObject({
      status: 'finished',
      step: 4,
    });
    expect(readFileSync(card, 'utf8')).toBe(before);
  });

  test('S8: that dies of a fault of its own says where its checkpoints are, and they are good', async () => {
    const broken = join(root, 'broken');
    const begun = resolveRecipe({
      file: join(folder, 'config.json'),
      set: ['intervals.checkpointSteps=2'],
      flags: { data: { text: [join(root, 'moved.jsonl')] } },
    });
    const heard: string[] = [];
    const onEvent: Console['onEvent'] = (event) => {
      if (event.kind === 'step' && event.step === 3) throw new TypeError('x is not a function');
    };
    await expect(
      pretrain({
        ...{ folder: broken, recipe: begun, resume: 'never' },
        console: { ...console, say: (line) => heard.push(line), onEvent },
      }),
    ).rejects.toThrow('x is not a function');
    expect(heard.at(-1)).toBe(
      `The run has stopped. What is saved lies in ${broken}; --resume ${broken} goes on from there.`,
    );
    expect((await readCheckpoint(join(broken, 'checkpoints/step-000002'))).step).toBe(2);
  });

  test('begins with the weights of another run, also when it goes on from its very beginning', async () => {
    const warm = join(root, 'warm');
    const flags = {
      data: { text: [join(root, 'moved.jsonl')] },
      vocabulary: { file: join(folder, 'vocab.txt') },
      initFrom: folder,
    };
    const file = join(folder, 'config.json');
    const begun = resolveRecipe({ file, flags });
    const stopped = new AbortController();
    const heard: string[] = [];
    const start = await pretrain({
      ...{ folder: warm, recipe: begun, resume: 'never', signal: stopped.signal },
      console: {
        ...console,
        say: (line) => heard.push(line),
        onEvent: ({ kind }) => kind === 'start' && stopped.abort(),
      },
    });
    expect(start).toMatchObject({ status: 'interrupted', step: 0 });
    expect(heard.join('\n')).toContain(`weights from ${folder}; tensors made anew: none`);
    rmSync(join(warm, 'checkpoints'), { recursive: true }); // as if killed before the first one
    heard.length = 0;
    await pretrain({
      ...{ folder: warm, recipe: recipeOfRun(warm, {}), resume: 'auto' },
      console: { ...console, say: (line) => heard.push(line) },
    });
    expect(heard.join('\n')).toContain(`weights from ${folder}; tensors made anew: none`);
  });

  test('with a uniform generator exports the discriminator alone', async () => {
    const uniform = join(root, 'uniform');
    const begun = resolveRecipe({
      file: join(folder, 'config.json'),
      set: ['task.uniformGenerator=true', 'schedule.steps=2'],
      flags: { data: { text: [join(root, 'moved.jsonl')] } },
    });
    const { evaluation } = await pretrain({
      ...{ folder: uniform, recipe: begun, resume: 'never', console },
    });
    expect(evaluation?.generatorLoss).toBeCloseTo(Math.log(200), 5);
    expect(readdirSync(join(uniform, 'model'))).toEqual(['discriminator']);
    expect(await detectReplaced(uniform, 'the cat')).toHaveLength(2);
  });

  test('leaves curves to draw', async () => {
    const folders = [folder];
    const drawn = await compare({
      ...{ folders, out: folder, kind: 'train', by: 'tokens' },
      metrics: ['loss', 'nothing'],
    });
    expect(drawn).toEqual([{ path: join(folder, 'train-loss.svg'), distances: [] }]);
    expect(readFileSync(drawn[0]?.path ?? '', 'utf8')).toContain('loss (train)');
    await expect(
      compare({ ...{ folders, out: folder, kind: 'train', by: 'step' }, metrics: ['nothing'] }),
    ).rejects.toThrow(/no run has nothing in .*Known are .*generatorLoss/s);
    expect(existsSync(join(folder, 'train-nothing.svg'))).toBe(false);
    const beside = await compare({
      ...{ folders, out: folder, kind: 'evaluate', by: 'step', published: true },
      metrics: ['auc', 'unigramLoss'],
    });
    expect(beside.map(({ distances }) => distances)).toEqual([
      [
        expect.stringMatching(
          /: auc 0\.\d+ after [\d.]+ M tokens; published 0\.7 after 81\.9 M tokens \([\d,]+ times as many\) and 0\.935 after 16,384 M tokens$/,
        ),
      ],
      [],
    ]);
    const svg = readFileSync(join(folder, 'evaluate-auc.svg'), 'utf8');
    expect(svg).toContain('ELECTRA-Small, published');
    expect(svg).toContain('>10G<');
  });
});
