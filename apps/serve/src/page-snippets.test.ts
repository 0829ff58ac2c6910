import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { transformSync } from 'esbuild';
import { snippets } from './page-snippets.js';

const url = 'http://127.0.0.1:3000/models/a/b';
const NASTY = [
  'plain',
  `it's "quoted" \`and\` $HOME \\n`,
  'two\nlines\tand a tab',
  '$(id) $x !! #',
  'Zoë 🙂 日本 \u2028',
  '</script>',
];

/** The words that a shell would give to curl. */
function shellWords(command: string): string[] {
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }\n${command}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('snippets', () => {
  test.each(NASTY)('carry %j through a shell unchanged', (inputs) => {
    const { curl } = snippets({ url, task: 'fill-mask', body: { inputs } });
    const [address, flag, header, data, json = ''] = shellWords(curl);
    expect([address, flag, header, data]).toEqual([
      url,
      '-H',
      'Content-Type: application/json',
      '-d',
    ]);
    expect(JSON.parse(json)).toEqual({ inputs });
  });

  test('quote an address that a shell would read otherwise', () => {
    const { curl } = snippets({ url: 'http://h/?a=1&b=2', task: 'x', body: { inputs: '' } });
    expect(shellWords(curl)[0]).toBe('http://h/?a=1&b=2');
  });

  test.each(NASTY)('are TypeScript that asks for %j', async (inputs) => {
    const { TypeScript: text } = snippets({
      url,
      task: 'replaced-token-detection',
      body: { inputs },
    });
    const { code } = transformSync(text, { loader: 'ts', format: 'esm' });
    const asked: unknown[] = [];
    const fetched = async (...given: unknown[]): Promise<unknown> => {
      asked.push(...given);
      return { json: async () => 'answer' };
    };
    const run = new Function('fetch', 'console', `return (async () => {${code}})()`);
    const said: unknown[] = [];
    await run(fetched, { log: (answer: unknown) => said.push(answer) });
    expect(said).toEqual(['answer']);
    const [address, { body }] = asked as [string, { body: string }];
    expect([address, JSON.parse(body)]).toEqual([url, { inputs }]);
  });

  test('use the clients of Hugging Face where these take the answer', () => {
    const { TypeScript: typescript, Python: python } = snippets({
      url,
      task: 'fill-mask',
      body: { inputs: 'a [MASK]' },
    });
    expect(typescript).toContain('client.fillMask({\n  inputs: "a [MASK]",\n})');
    expect(python).toContain('client.fill_mask(\n    "a [MASK]"\n)');
  });

  test('write JSON in the words of Python', () => {
    const { Python: python } = snippets({
      url,
      task: 'token-classification',
      body: {
        inputs: ['a'],
        parameters: { ignore_labels: [], truncate: true, x: null, y: undefined },
      },
    });
    expect(python).toContain(
      'json={"inputs": ["a"], "parameters": {"ignore_labels": [], "truncate": True, "x": None}},',
    );
  });
});
