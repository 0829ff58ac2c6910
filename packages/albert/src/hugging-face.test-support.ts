// What Python's transformers makes of the folders that classes save: the slow tests of every package of models.
// Needs ALECTRA_PYTHON with transformers and torch.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '@alectra/nn';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

const SCRIPT = fileURLToPath(
  new URL('../../../tools/reference/nn_model_outputs.py', import.meta.url),
);
const python = process.env.ALECTRA_PYTHON;

/** `test`, or where there is no Python a test that is shown as skipped. */
export const testWithPython: typeof test.skip = python ? test : test.skip;

/** Two rows of token ids, one padded; `token_type_ids` only for models that have segments. */
export interface PythonInputs {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly token_type_ids?: number[][];
}

interface PythonAnswer {
  readonly missing: string[];
  readonly unexpected: string[];
  /** Of the parameters, such as `torch.float32`. */
  readonly dtype: string;
  readonly outputs: Record<string, number[]>;
}

type AnyModel = Model<unknown, Readonly<Record<string, tf.Tensor>>>;

/** What Python answers for model folders by class name. */
export function askPython(
  inputs: PythonInputs,
  folders: Readonly<Record<string, string>>,
): Record<string, PythonAnswer> {
  const text = execFileSync(python ?? 'python', [SCRIPT], {
    input: JSON.stringify({ inputs, folders }),
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(text.toString());
}

/**
 * A test that saves a random model of every class, each with its config, and compares Python's answers with ours.
 *
 * @param unused by class, what Python has beside ours and does not compute with
 */
export function testSavedClasses(
  classes: readonly (readonly [kind: { readonly architecture: string }, config: object])[],
  of = 'every saved class',
  unused: Readonly<Record<string, string[]>> = {},
): void {
  testWithPython(
    `${of} loads in Python and answers the same`,
    async () => {
      tf.env().set('IS_TEST', true);
      await tf.setBackend('cpu');
      const folder = mkdtempSync(join(tmpdir(), 'models-python-'));
      const made: [name: string, model: AnyModel][] = [];
      for (const [kind, config] of classes) {
        // Outputs of all classes are records of tensors, and each takes the config that it came with.
        const { init } = kind as { init?: (config: object, options: object) => AnyModel };
        const model = init?.(config, { seed: 5 }) as AnyModel;
        await model.savePretrained(join(folder, kind.architecture));
        made.push([kind.architecture, model]);
      }
      const hasSegments = !made.some(([name]) => name.startsWith('OpenAIGPT'));
      const inputs = hasSegments ? { ...TOKENS, token_type_ids: SEGMENTS } : TOKENS;
      const folders = Object.fromEntries(made.map(([name]) => [name, join(folder, name)]));
      const answers = askPython(inputs, folders);
      rmSync(folder, { recursive: true });
      for (const [name, model] of made)
        await compare(name, model, answers[name], unused[name] ?? []);
    },
    300_000,
  );
}

const TOKENS: PythonInputs = {
  input_ids: [
    [2, 7, 9, 4, 3],
    [2, 30, 3, 0, 0],
  ],
  attention_mask: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 0, 0],
  ],
};
const SEGMENTS = [
  [0, 0, 1, 1, 1],
  [0, 0, 0, 0, 0],
];

async function compare(
  name: string,
  model: AnyModel,
  theirs: PythonAnswer,
  unused: string[],
): Promise<void> {
  const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, [2, 5], 'int32');
  const outputs = model.call({
    inputIds: ids(TOKENS.input_ids),
    attentionMask: ids(TOKENS.attention_mask),
    tokenTypeIds: ids(SEGMENTS),
  });
  expect([name, theirs.missing, theirs.unexpected]).toEqual([name, unused, []]);
  expect(Object.keys(outputs).length).toBe(Object.keys(theirs.outputs).length);
  for (const [key, output] of Object.entries(outputs)) {
    const values = theirs.outputs[key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)];
    const off = tf.max(tf.abs(tf.sub(output, tf.tensor(values, output.shape))));
    expect((await off.data())[0]).toBeLessThan(1e-4);
  }
}
