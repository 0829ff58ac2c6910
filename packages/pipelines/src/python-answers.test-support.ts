// The fixtures of tools/reference/pipelines_answers.py, and our pipelines over the same models.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AlbertForMaskedLM,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
  albertMaskedLM,
} from '@alectra/albert';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import {
  featureExtraction,
  fillMask,
  type Pipeline,
  type TextAndPair,
  textClassification,
  tokenClassification,
} from './index.js';

export interface PythonCase {
  readonly task: string;
  readonly model: string;
  readonly input: string | TextAndPair;
  readonly options: Readonly<Record<string, unknown>>;
  readonly answer?: unknown;
  readonly error?: { readonly type: string; readonly message: string };
}

export const FIXTURES: string = fileURLToPath(new URL('../fixtures/', import.meta.url));

export const storedCases = (): PythonCase[] =>
  JSON.parse(readFileSync(`${FIXTURES}answers.json`, 'utf8'));

/** Any of the pipelines, for cases that are data. */
export type AnyPipeline = Pipeline<string | TextAndPair, object, unknown>;

export async function pipelineFor(
  { task, model: name }: PythonCase,
  engine: 'eager' | 'onnxruntime',
): Promise<AnyPipeline> {
  const tokenizer = await WordPieceTokenizer.fromPretrained(`${FIXTURES}tokenizer`);
  const shared = { tokenizer, engine, threads: 1 };
  const folder = FIXTURES + name;
  const forward = <Model, Forward>(model: Model, forward: Forward) => ({
    ...shared,
    model: { ...model, forward },
  });
  switch (task) {
    case 'fill-mask': {
      const model = await AlbertForMaskedLM.fromPretrained(folder);
      return asAny(
        await fillMask({ ...shared, model: { ...model, ...albertMaskedLM(model.config) } }),
      );
    }
    case 'text-classification': {
      const kind = AlbertForSequenceClassification;
      return asAny(
        await textClassification(forward(await kind.fromPretrained(folder), kind.forward)),
      );
    }
    case 'token-classification': {
      const kind = AlbertForTokenClassification;
      return asAny(
        await tokenClassification(forward(await kind.fromPretrained(folder), kind.forward)),
      );
    }
    case 'feature-extraction': {
      const kind = AlbertModel;
      return asAny(
        await featureExtraction(forward(await kind.fromPretrained(folder), kind.forward)),
      );
    }
    default:
      throw new Error(`no task ${task}`);
  }
}

// Inputs and options of the cases are those of their task.
const asAny = <Input, Options, Answer>(pipeline: Pipeline<Input, Options, Answer>): AnyPipeline =>
  pipeline as unknown as AnyPipeline;

/** Python's option names and units in ours. */
export function optionsOf({ task, options }: PythonCase): object {
  const ours = Object.entries(options).map(([name, value]) => [
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  const unit = task === 'token-classification' ? { offsetUnit: 'codepoint' } : {};
  return { ...Object.fromEntries(ours), ...unit };
}
