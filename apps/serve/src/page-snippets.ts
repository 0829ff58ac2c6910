// How to ask a served model from a shell, TypeScript and Python. Written by the server into the page, and by the page
// again when the text changes, so it imports nothing.

export type SnippetLanguage = 'TypeScript' | 'Python' | 'curl';

export interface SnippetRequest {
  /** Where the model answers this task, an absolute URL. */
  readonly url: string;
  readonly task: string;
  readonly body: RequestBody;
}

export interface RequestBody {
  readonly inputs: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Methods of @huggingface/inference and of Python's huggingface_hub for the tasks whose plain answer they take. */
const METHODS: Readonly<Record<string, readonly [typescript: string, python: string]>> = {
  'fill-mask': ['fillMask', 'fill_mask'],
  'text-classification': ['textClassification', 'text_classification'],
  'feature-extraction': ['featureExtraction', 'feature_extraction'],
};

/** The same request in each language. */
export function snippets(request: SnippetRequest): Readonly<Record<SnippetLanguage, string>> {
  return {
    TypeScript: typescript(request),
    Python: python(request),
    curl: curl(request),
  };
}

export function curl({ url, body }: SnippetRequest): string {
  return [
    `curl ${shellWord(url)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join('\n');
}

function typescript({ url, task, body }: SnippetRequest): string {
  const method = clientMethod(task, body)?.[0];
  if (method !== undefined)
    return [
      "import { InferenceClient } from '@huggingface/inference';",
      '',
      "const client = new InferenceClient('', {",
      `  endpointUrl: ${JSON.stringify(url)},`,
      '});',
      `const answers = await client.${method}({`,
      `  inputs: ${JSON.stringify(body.inputs)},`,
      '});',
      'console.log(answers);',
    ].join('\n');
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    "  method: 'POST',",
    "  headers: { 'content-type': 'application/json' },",
    `  body: JSON.stringify(${JSON.stringify(body)}),`,
    '});',
    'console.log(await response.json());',
  ].join('\n');
}

function python({ url, task, body }: SnippetRequest): string {
  const method = clientMethod(task, body)?.[1];
  if (method !== undefined)
    return [
      'from huggingface_hub import InferenceClient',
      '',
      `client = InferenceClient(model=${JSON.stringify(url)})`,
      `answers = client.${method}(`,
      `    ${JSON.stringify(body.inputs)}`,
      ')',
      'print(answers)',
    ].join('\n');
  return [
    'import requests',
    '',
    'response = requests.post(',
    `    ${JSON.stringify(url)},`,
    `    json=${pythonLiteral(body)},`,
    ')',
    'print(response.json())',
  ].join('\n');
}

const clientMethod = (
  task: string,
  { inputs }: RequestBody,
): readonly [string, string] | undefined =>
  typeof inputs === 'string' ? METHODS[task] : undefined;

/** One word for a POSIX shell: a newline, a dollar sign and an apostrophe stay what they are. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));

/** JSON as Python writes it: its strings and numbers are Python's, its three words are not. */
function pythonLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => `${JSON.stringify(key)}: ${pythonLiteral(each)}`)
      .join(', ')}}`;
  if (value === true) return 'True';
  if (value === false) return 'False';
  return value === null ? 'None' : JSON.stringify(value);
}
