import { describe, expect, test } from '@jest/globals';
import { readCard } from './page-front-matter.js';

const README = `---
language: en
license: apache-2.0
library_name: transformers
pipeline_tag: fill-mask
mask_token: "<mask>"
tags: [albert, electra, 7]
widget:
  - text: "One <mask>."
    example_title: First
  - text: "Two <mask>."
  - src: https://x.example/picture.png
model-index:
  - name: m
    results:
      - task: { type: text-classification }
        dataset: { name: GLUE, type: glue, config: cola, split: validation }
        metrics:
          - { type: matthews_correlation, value: 50.6 }
          - { type: accuracy, value: not a number }
---
# Body
`;

describe('readCard', () => {
  test('takes tags, examples and results from the front matter, and leaves the body', () => {
    expect(readCard(README)).toEqual({
      body: '\n# Body\n',
      tags: [
        { kind: 'task', value: 'fill-mask' },
        { kind: 'library', value: 'transformers' },
        { kind: 'language', value: 'en' },
        { kind: 'licence', value: 'apache-2.0' },
        { kind: 'tag', value: 'albert' },
        { kind: 'tag', value: 'electra' },
        { kind: 'tag', value: '7' },
      ],
      examples: [
        { title: 'First', text: 'One <mask>.' },
        { title: 'Two <mask>.', text: 'Two <mask>.' },
      ],
      results: [
        {
          task: 'text-classification',
          dataset: 'GLUE',
          config: 'cola',
          split: 'validation',
          metric: 'matthews_correlation',
          value: 50.6,
        },
      ],
    });
  });

  test.each([
    ['no front matter', '# A\n---\nb', '# A\n---\nb'],
    ['a rule at the top', '---\n# A', '---\n# A'],
    ['Windows line ends and a byte order mark', '\uFEFF---\r\nlicense: mit\r\n---\r\nb', '\nb'],
    ['an empty file', '', ''],
  ])('reads a card with %s', (_name, readme, body) => {
    expect(readCard(readme).body).toBe(body);
  });

  test.each([
    ['broken YAML', 'a: [1', /^its front matter is not YAML: /],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\ntags: [*c,*c,*c,*c,*c]`,
      /^its front matter is not YAML: Excessive alias count/,
    ],
    [
      'too much of it',
      `a: ${'x'.repeat(100_001)}`,
      /^its front matter has more than 100000 bytes$/,
    ],
  ])('says what is wrong with %s and still shows the body', (_name, yaml, fault) => {
    const card = readCard(`---\n${yaml}\n---\nbody`);
    expect(card.fault).toMatch(fault);
    expect(card.body).toBe('\nbody');
    expect(card.tags).toEqual([]);
  });

  test('lets no key reach a prototype and no wrong type through', () => {
    const card = readCard(
      '---\n__proto__: { polluted: yes }\nconstructor: x\ntags: { a: b }\nlicense: !!js/function "x"\nwidget: 5\nmodel-index: [null, 3, {results: [null, {metrics: [{value: .inf}]}]}]\nlanguage: [[en], null, " "]\n---\n',
    );
    expect(card).toMatchObject({ examples: [], results: [] });
    expect(card.tags.filter(({ kind }) => kind !== 'licence')).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
