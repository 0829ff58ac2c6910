// A GLUE task now and then while training: features of the frozen discriminator, a linear head on them, the scores of the
// validation set. Seconds, and a function of the parameters alone, so that a resumed run logs the same figures.

import type { ElectraTask } from '@alectra/electra-task';
import {
  argmax,
  type EncodedExample,
  encodeExamples,
  fitProbe,
  type GlueExample,
  type GlueTask,
  glueTasks,
  labelsOf,
  readSplit,
  type SplitName,
  scorePredictions,
  setName,
  validationSplits,
} from '@alectra/glue';
import type { Probe } from '@alectra/trainer';
import type { WordPieceTokenizer } from '@alectra/wordpiece';
import type { Encode } from './families.js';
import { type FrozenFeatures, frozenFeatures } from './frozen-features.js';
import type { Recipe } from './recipe.js';

export interface GlueProbe extends Probe {
  dispose(): void;
}

export interface ProbeParts {
  readonly tokenizer: WordPieceTokenizer;
  readonly encode: Encode;
  readonly discriminatorParams: ElectraTask['discriminatorParams'];
}

/** Reads and encodes the task of `recipe.probe`; undefined without one. @throws GlueError if the data is not there */
export async function glueProbe(recipe: Recipe, parts: ProbeParts): Promise<GlueProbe | undefined> {
  if (!recipe.probe) return undefined;
  const { data, everySteps, examples: most } = recipe.probe;
  const task = glueTasks[recipe.probe.task];
  const read = async (split: SplitName): Promise<LabelledSet> => {
    // QQP has rows that nobody can read
    const all = await readSplit(data, task, split, { anySize: true, onDropped: () => undefined });
    return labelled(parts.tokenizer, recipe.data.sequenceLength, spread(all, most));
  };
  const train = await read('train');
  const sets = await Promise.all(
    validationSplits(task).map(async (split) => ({
      name: setName(task, split),
      set: await read(split),
    })),
  );
  const lengths = [train, ...sets.map(({ set }) => set)].flatMap(({ examples }) =>
    examples.map(({ ids }) => ids.length),
  );
  const width = lengths.reduce((a, b) => Math.max(a, b), 1);
  let features: FrozenFeatures | undefined;
  return {
    everySteps,
    async run(parameters) {
      const weights = parts.discriminatorParams(await parameters());
      if (features) await features.update(weights);
      else features = await frozenFeatures(parts.encode, weights, width, recipe);
      const probe = fitProbe(await features.of(train.examples), train.labels, {
        classes: task.labels.length,
      });
      const found: Record<string, number> = {};
      for (const { name, set } of sets) {
        const outputs = probe.predict(await features.of(set.examples));
        Object.assign(found, scores(task, name, set.labels, outputs));
      }
      return found;
    },
    dispose: () => features?.dispose(),
  };
}

/** Examples as ids, and their classes or scores. */
interface LabelledSet {
  readonly examples: readonly EncodedExample[];
  readonly labels: readonly number[];
}

function labelled(
  tokenizer: WordPieceTokenizer,
  maxLength: number,
  examples: readonly GlueExample[],
): LabelledSet {
  return {
    examples: encodeExamples(tokenizer, examples, { maxLength }),
    labels: labelsOf(examples),
  };
}

/** `count` items at equal distances: the same ones every time. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (count >= items.length) return items;
  return Array.from(
    { length: count },
    (_, i) => items[Math.floor((i * items.length) / count)] as T,
  );
}

/** `SST-2_accuracy` and, beside it, what always giving the task's commonest answer reaches. */
function scores(
  task: GlueTask,
  name: string,
  labels: readonly number[],
  outputs: readonly (readonly number[])[],
): Record<string, number> {
  const answers = outputs.map((row) =>
    task.isRegression ? Number(row[0]) : argmax(row, 0, row.length),
  );
  const constant = labels.map(() => task.majority);
  const named = (prefix: string, found: readonly number[]): [string, number][] =>
    Object.entries(scorePredictions(task, labels, found)).map(([metric, value]) => [
      `${name}_${prefix}${metric}`,
      value,
    ]);
  const all = [...named('', answers), ...named('majority_', constant)];
  return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value))); // correlation with a constant: none
}
