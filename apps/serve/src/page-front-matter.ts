// The YAML at the head of a README.md: what the hub reads of a model card, as far as the page shows it.
//
// https://huggingface.co/docs/hub/model-cards. Everything in it is a stranger's: only strings and numbers in the
// expected places are taken, everything else is as if it were not there.

import { parse } from 'yaml';

export interface WidgetExample {
  readonly title: string;
  readonly text: string;
}

/** One figure of `model-index`. */
export interface Result {
  readonly task: string;
  readonly dataset: string;
  readonly config: string;
  readonly split: string;
  readonly metric: string;
  readonly value: number;
}

export interface Card {
  /** The Markdown after the front matter. */
  readonly body: string;
  readonly tags: readonly Tag[];
  readonly examples: readonly WidgetExample[];
  readonly results: readonly Result[];
  /** What is wrong with the front matter, for the reader. */
  readonly fault?: string;
}

export interface Tag {
  readonly kind: string;
  readonly value: string;
}

const MAX_FRONT_MATTER = 100_000;
const MAX_LIST = 64;
const MAX_RESULTS = 500;

const TAG_FIELDS: readonly (readonly [field: string, kind: string])[] = [
  ['pipeline_tag', 'task'],
  ['library_name', 'library'],
  ['language', 'language'],
  ['license', 'licence'],
  ['base_model', 'base model'],
  ['datasets', 'dataset'],
  ['metrics', 'metric'],
  ['tags', 'tag'],
];

/** Takes a README.md apart. Never throws. */
export function readCard(readme: string): Card {
  const { yaml, body } = split(readme.replace(/^\uFEFF/, ''));
  if (yaml === undefined) return { body, tags: [], examples: [], results: [] };
  const { fields, fault } = parsed(yaml);
  const tags = TAG_FIELDS.flatMap(([field, kind]) =>
    strings(fields.get(field)).map((value) => ({ kind, value })),
  );
  return {
    body,
    tags,
    examples: list(fields.get('widget')).flatMap(example),
    results: list(fields.get('model-index')).flatMap(results).slice(0, MAX_RESULTS),
    ...(fault !== undefined && { fault }),
  };
}

function split(readme: string): { yaml?: string; body: string } {
  const opening = /^---[ \t]*\r?\n/.exec(readme);
  if (!opening) return { body: readme };
  const closing = /^---[ \t]*\r?$/m;
  const rest = readme.slice(opening[0].length);
  const end = closing.exec(rest);
  if (!end) return { body: readme };
  return { yaml: rest.slice(0, end.index), body: rest.slice(end.index + end[0].length) };
}

type Fields = ReadonlyMap<string, unknown>;

function parsed(yaml: string): { fields: Fields; fault?: string } {
  if (yaml.length > MAX_FRONT_MATTER)
    return { fields: new Map(), fault: `its front matter has more than ${MAX_FRONT_MATTER} bytes` };
  try {
    const value: unknown = parse(yaml, {
      schema: 'core',
      maxAliasCount: 20,
      logLevel: 'error', // faults are thrown, warnings are dropped
      mapAsMap: true, // no key can reach a prototype
    });
    return value instanceof Map ? { fields: value } : { fields: new Map() };
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n'); // the parser throws Errors only
    return { fields: new Map(), fault: `its front matter is not YAML: ${reason}` };
  }
}

function example(value: unknown): WidgetExample[] {
  const fields = map(value);
  const [text] = strings(fields.get('text'));
  if (text === undefined) return [];
  const [title = text] = strings(fields.get('example_title'));
  return [{ title, text }];
}

/** One entry of `model-index` holds `results[]` of a task, a dataset and its metrics. */
function results(entry: unknown): Result[] {
  return list(map(entry).get('results')).flatMap((result) => {
    const dataset = map(map(result).get('dataset'));
    const task = map(map(result).get('task'));
    return list(map(result).get('metrics')).flatMap((metric) => {
      const fields = map(metric);
      const value = fields.get('value');
      if (typeof value !== 'number' || !Number.isFinite(value)) return [];
      return [
        {
          task: word(task.get('name')) || word(task.get('type')),
          dataset: word(dataset.get('name')) || word(dataset.get('type')),
          config: word(dataset.get('config')) || word(dataset.get('args')),
          split: word(dataset.get('split')),
          metric: word(fields.get('type')) || word(fields.get('name')),
          value,
        },
      ];
    });
  });
}

const map = (value: unknown): Fields => (value instanceof Map ? value : new Map());

const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value.slice(0, MAX_LIST) : [];

const word = (value: unknown): string => strings(value)[0] ?? '';

/** A string, a number or a list of them, as strings that are not empty. */
function strings(value: unknown): string[] {
  const values = Array.isArray(value) ? value.slice(0, MAX_LIST) : [value];
  return values.flatMap((each) =>
    typeof each === 'string' && each.trim() !== ''
      ? [each.trim().slice(0, 1000)]
      : typeof each === 'number'
        ? [String(each)]
        : [],
  );
}
