// The loop of a worker over a pipeline that only counts: who shares a batch, who is dropped, who fails alone.

import { setImmediate as turn } from 'node:timers/promises';
import { InputError, type Request } from '@alectra/pipelines';
import { describe, expect, test } from '@jest/globals';
import { Batcher } from './batcher.js';
import type { Job, JobAnswer } from './protocol.js';
import type { TaskPipeline } from './task-pipelines.js';

type Counted = Request<unknown> & { readonly text: string };

/**
 * A batcher whose batches wait for `release`. A text of n characters has n tokens; `!` and `?` cannot be prepared, `x`
 * cannot be computed, `n` gives NaN.
 */
function setUp({ maxBatchTokens = 12, maxBatchInputs = 4 } = {}) {
  const batches: string[][] = [];
  const answers = new Map<number, JobAnswer>();
  const waiting: (() => void)[] = [];
  const pipeline: TaskPipeline = {
    engine: 'eager',
    prepare(input) {
      const text = String(input);
      if (text === '!') throw new InputError('no-mask', 'there is no mask.\nAdd one.');
      if (text === '?') throw new InputError('bad-option', 'cannot use `topK`: found "`aB`".\nNo.');
      const rows = [{ ids: [], positions: text === '*' ? Array(33).fill(0) : [] }];
      return { text, tokenCount: text.length, rows, answer: () => text } as unknown as Counted; // as far as it is read
    },
    async run(requests) {
      const texts = (requests as readonly Counted[]).map(({ text }) => text);
      batches.push(texts);
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (texts.includes('x')) throw new Error('it broke');
      return texts.map((text) => (text === 'n' ? Number.NaN : text));
    },
    warmUp: async () => {},
  };
  const batcher = new Batcher({
    pipeline: async () => pipeline,
    send(message) {
      if (message.kind !== 'answers') return;
      for (const answer of message.answers) {
        expect(answers.has(answer.id)).toBe(false); // one answer a job
        answers.set(answer.id, answer);
      }
    },
    maxBatchTokens,
    maxBatchInputs,
  });
  let id = 0;
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await turn();
  };
  return {
    batches,
    answers,
    batcher,
    ask: (...inputs: string[]): number => {
      const job: Job = {
        id: id++,
        task: 'feature-extraction',
        inputs,
        parameters: {},
        isList: inputs.length > 1,
      };
      void batcher.add(job);
      return job.id;
    },
    settle,
    /** Lets everything that is or comes under way finish. */
    async release(): Promise<void> {
      for (await settle(); waiting.length > 0; await settle())
        for (const goOn of waiting.splice(0)) goOn();
    },
  };
}

describe('Batcher', () => {
  test('what comes together is computed together, within the budget, two batches at a time', async () => {
    const { ask, batches, answers, settle, release } = setUp();
    const ids = ['aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff', 'ggg', 'hhh', 'iii'].map((text) =>
      ask(text),
    );
    await settle();
    expect(batches.map((batch) => batch.length)).toEqual([4, 4]); // the third waits
    await release();
    expect(batches).toHaveLength(3);
    expect(ids.map((id) => answers.get(id)?.body)).toEqual(
      ['aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff', 'ggg', 'hhh', 'iii'].map((text) => `"${text}"`),
    );
  });

  test('a list keeps its order over batches', async () => {
    const { ask, batches, answers, release } = setUp({ maxBatchInputs: 2 });
    const id = ask('ccc', 'a', 'bb', 'dddd', 'a');
    await release();
    expect(batches.length).toBeGreaterThan(2);
    expect(JSON.parse(answers.get(id)?.body ?? '')).toEqual(['ccc', 'a', 'bb', 'dddd', 'a']);
    expect(answers.get(id)?.tokens).toBe(11);
  });

  test('who left is not computed', async () => {
    const { ask, batches, batcher, answers, settle, release } = setUp({ maxBatchInputs: 1 });
    const first = [ask('a'), ask('b')];
    await settle();
    const [leaves, stays] = [ask('c'), ask('d')];
    await settle();
    batcher.cancel(leaves);
    const atOnce = ask('e');
    batcher.cancel(atOnce); // before its pipeline is there
    await release();
    expect(batches).toEqual([['a'], ['b'], ['d']]);
    expect([...answers.keys()]).toEqual([...first, stays]);
  });

  test('an input that breaks its batch fails alone', async () => {
    const { ask, batches, answers, release } = setUp();
    const [good, bad, fine] = [ask('g'), ask('x'), ask('f')];
    await release();
    expect(batches[0]).toHaveLength(3);
    expect([answers.get(good)?.body, answers.get(fine)?.body]).toEqual(['"g"', '"f"']);
    expect(answers.get(bad)?.fault).toEqual({
      status: 424,
      type: 'Backend',
      message: 'The model failed: it broke',
    });
  });

  test('a list with such an input fails once, and the rest of it is not computed', async () => {
    const { ask, batches, answers, settle, release } = setUp({ maxBatchInputs: 1 });
    const busy = ask('b');
    await settle();
    const id = ask('x', 'later');
    const other = ask('o');
    await release();
    expect(batches.flat().filter((text) => text === 'later').length).toBeLessThan(2);
    expect(answers.get(id)?.fault?.status).toBe(424);
    expect([answers.get(busy)?.body, answers.get(other)?.body]).toEqual(['"b"', '"o"']);
  });

  test.each([
    ['!', 400, 'there is no mask.'],
    ['?', 400, 'cannot use `top_k`: found "`aB`".'],
    ['*', 422, 'the text has 33 masks: at most 32 are filled at once.'],
    ['n', 424, 'The model failed: serve: the model gave no number as a score (NaN).'],
  ])('%s is %i', async (text, status, message) => {
    const { ask, answers, release } = setUp();
    const id = ask(text);
    await release();
    expect(answers.get(id)?.fault).toMatchObject({ status, message });
  });
});
