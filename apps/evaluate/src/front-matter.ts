// `model-index` in the YAML front matter of a model's README.md, as the Hugging Face hub reads it.
//
// Only the results on GLUE are replaced; other results, other fields and the text stay as they are.

import type { ModelIndexEntry } from '@alectra/glue';
import { isMap, parseDocument } from 'yaml';
import { UsageError } from './usage-error.js';

interface HubResult {
  readonly task: { readonly type: string };
  readonly dataset: { readonly type: string; readonly [field: string]: unknown };
  readonly metrics: readonly { readonly type: string; readonly value: number }[];
}

const GLUE = 'nyu-mll/glue';
const FENCED = /^---\r?\n(?:([\s\S]*?)\r?\n)?---(?:\r?\n|$)/;

/**
 * @param readme the file; without front matter it gets one
 * @throws UsageError if the front matter is no YAML map
 */
export function withModelIndex(
  readme: string,
  name: string,
  entries: readonly ModelIndexEntry[],
): string {
  const found = FENCED.exec(readme);
  const document = parseDocument(found?.[1] ?? '');
  const [fault] = document.errors;
  if (fault || (document.contents !== null && !isMap(document.contents)))
    throw new UsageError(
      `evaluate: the front matter of README.md cannot be read: ${fault?.message ?? 'found no map'}, expected YAML keys and values.\n` +
        'Mend it, or evaluate with --no-readme.',
    );
  const before: unknown = (document.toJS() as Record<string, unknown> | null)?.['model-index'];
  const models = Array.isArray(before) ? (before as { name: string; results: HubResult[] }[]) : [];
  const own = models.find((model) => model.name === name) ?? models.at(0);
  const kept = (own?.results ?? []).filter(({ dataset }) => dataset?.type !== GLUE);
  const index = [{ name: own?.name ?? name, results: [...kept, ...entries.map(hubResult)] }];
  document.set('model-index', document.createNode([...index, ...models.filter((m) => m !== own)]));
  const text = found ? readme.slice(found[0].length) : `\n${readme}`;
  return `---\n${document.toString({ lineWidth: 0 })}---\n${text}`;
}

function hubResult(entry: ModelIndexEntry): HubResult {
  const { taskType, dataset, datasetName, config, split, metric, value } = entry;
  return {
    task: { type: taskType },
    dataset: { type: dataset, name: datasetName, config, split },
    metrics: [{ type: metric, value: Number(value.toFixed(4)) }],
  };
}
