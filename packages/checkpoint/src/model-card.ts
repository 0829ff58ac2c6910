// README.md of a model repository: YAML front matter that the Hugging Face hub shows, then text.
//
// Fields after hub-docs, docs/hub/model-cards.md and modelcard.md. Scores go into `model-index`, one result for each
// task, and into a table, from the same data.

export interface CardScore {
  /** Task of the hub, such as `text-classification`. */
  readonly taskType: string;
  /** Id of the data set on the hub, such as `nyu-mll/glue`. */
  readonly dataset: string;
  readonly datasetName: string;
  readonly config?: string;
  readonly split?: string;
  /** Metric of the hub, such as `accuracy` or `matthews_correlation`. */
  readonly metric: string;
  /** As a share of one: the hub's convention. The table shows it times 100. */
  readonly value: number;
}

export interface ModelCard {
  readonly name: string;
  /** One or more paragraphs of Markdown after the title. */
  readonly text: string;
  readonly license?: string;
  readonly language?: string;
  readonly tags?: readonly string[];
  readonly datasets?: readonly string[];
  /** Such as `fill-mask`. */
  readonly pipelineTag?: string;
  readonly maskToken?: string;
  readonly baseModel?: string;
  readonly widget?: readonly string[];
  readonly scores?: readonly CardScore[];
  /** Shown as a table: setting → value. */
  readonly training?: Readonly<Record<string, string | number>>;
}

type Yaml = string | number | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

/** README.md for a model, ending in a newline. */
export function modelCard(card: ModelCard): string {
  const { name, text, scores = [], training = {} } = card;
  const sections = [`---\n${yaml(frontMatter(card), 0)}---`, `# ${name}`, text.trim()];
  if (Object.keys(training).length > 0) {
    const rows = Object.entries(training).map(([setting, value]) => [setting, String(value)]);
    sections.push(`## Training\n\n${table(['setting', 'value'], rows)}`);
  }
  if (scores.length > 0) {
    const rows = scores.map((score) => [
      [score.datasetName, score.config].filter(Boolean).join(' '),
      score.split ?? '',
      score.metric,
      (score.value * 100).toFixed(1),
    ]);
    sections.push(`## Scores\n\n${table(['task', 'split', 'metric', 'score × 100'], rows)}`);
  }
  return `${sections.join('\n\n')}\n`;
}

function frontMatter(card: ModelCard): Yaml {
  const { name, scores = [] } = card;
  return {
    language: card.language,
    license: card.license,
    library_name: 'transformers',
    tags: card.tags,
    datasets: card.datasets,
    pipeline_tag: card.pipelineTag,
    mask_token: card.maskToken,
    base_model: card.baseModel,
    widget: card.widget?.map((text) => ({ text })),
    'model-index': scores.length > 0 ? [{ name, results: scores.map(result) }] : undefined,
  };
}

function result(score: CardScore): Yaml {
  return {
    task: { type: score.taskType },
    dataset: {
      type: score.dataset,
      name: score.datasetName,
      config: score.config,
      split: score.split,
    },
    metrics: [{ type: score.metric, value: score.value }],
  };
}

// YAML of maps and lists in blocks. Text is written as JSON, which YAML includes, so that nothing needs escaping rules.
function yaml(value: Yaml, depth: number): string {
  const indent = '  '.repeat(depth);
  if (typeof value !== 'object') return `${JSON.stringify(value)}\n`;
  if (Array.isArray(value)) {
    return value.map((item: Yaml) => `${indent}- ${nested(item, depth + 1).trimStart()}`).join('');
  }
  return Object.entries(value)
    .filter(([, item]) => item !== undefined && !(Array.isArray(item) && item.length === 0))
    .map(([key, item]) => {
      const isBlock = typeof item === 'object';
      return `${indent}${key}:${isBlock ? '\n' : ' '}${nested(item, depth + 1)}`;
    })
    .join('');
}

function nested(value: Yaml | undefined, depth: number): string {
  return value === undefined ? '' : yaml(value, depth);
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
