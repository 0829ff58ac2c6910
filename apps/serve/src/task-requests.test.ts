import { describe, expect, test } from '@jest/globals';
import { HttpFault } from './http-fault.js';
import type { TaskName } from './task-name.js';
import { checkTaskRequest } from './task-requests.js';

const limits = { maxRequestInputs: 4, maxCharacters: 100 };
const check = (body: unknown, task: TaskName = 'fill-mask') => checkTaskRequest(task, body, limits);

describe('checkTaskRequest', () => {
  test('takes an envelope, a bare text and a bare list', () => {
    expect(check({ inputs: 'a', parameters: { top_k: 2 }, options: { use_cache: false } })).toEqual(
      {
        inputs: ['a'],
        isList: false,
        parameters: { top_k: 2 },
        options: { use_cache: false },
      },
    );
    expect(check('a')).toMatchObject({ inputs: ['a'], isList: false });
    expect(check(['a', 'b'])).toMatchObject({ inputs: ['a', 'b'], isList: true });
  });

  test('ignores what it does not know beside inputs, as the Inference API does', () => {
    expect(check({ inputs: 'a', model: 'x', stream: true }).inputs).toEqual(['a']);
  });

  test('takes pairs for text classification only', () => {
    const inputs = { text: 'a', text_pair: 'b' };
    expect(check({ inputs }, 'text-classification').inputs).toEqual([inputs]);
    expect(() => check({ inputs })).toThrow(/expected string/);
  });

  test.each<[string, unknown, number, RegExp, TaskName?]>([
    ['no body', undefined, 400, /found no body/],
    ['null', null, 400, /found null/],
    ['a number', 7, 400, /found 7/],
    ['no inputs', { input: 'a' }, 400, /no `inputs` in it/],
    ['inputs null', { inputs: null }, 400, /`inputs` is wrong.*expected string/],
    ['an empty list', { inputs: [] }, 400, /empty list/],
    ['a number in a list', { inputs: ['a', 1] }, 400, /`inputs\[1\]` is wrong/],
    ['too many', { inputs: ['a', 'a', 'a', 'a', 'a'] }, 422, /5 elements: at most 4/],
    ['too long', { inputs: 'x'.repeat(101) }, 422, /101 characters: at most 100/],
    ['an unknown parameter', { inputs: 'a', parameters: { topk: 1 } }, 400, /topk/],
    ['top_k as text', { inputs: 'a', parameters: { top_k: '5' } }, 400, /at `top_k`/],
    ['top_k 0', { inputs: 'a', parameters: { top_k: 0 } }, 400, /at `top_k`/],
    ['top_k 1.5', { inputs: 'a', parameters: { top_k: 1.5 } }, 400, /at `top_k`/],
    ['V16: a huge top_k', { inputs: 'a', parameters: { top_k: 1e6 } }, 422, /at most 1000/],
    [
      'V16: 10,000 targets',
      { inputs: 'a', parameters: { targets: Array(10_000).fill('x') } },
      422,
      /10000 elements: at most 1000/,
    ],
    ['parameters as a list', { inputs: 'a', parameters: [] }, 400, /`parameters` is wrong/],
    ['options as text', { inputs: 'a', options: 'x' }, 400, /`options` is wrong/],
    [
      'a strategy that is none',
      { inputs: 'a', parameters: { aggregation_strategy: 'best' } },
      400,
      /at `aggregation_strategy`/,
      'token-classification',
    ],
  ])('refuses %s', (_, body, status, message, ...[task]) => {
    const refused = (): unknown => check(body, task);
    expect(refused).toThrow(HttpFault);
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ status }));
  });
});
