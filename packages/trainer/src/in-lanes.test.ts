import { expect, test } from '@jest/globals';
import { inLanes, threadsBeside } from './in-lanes.js';

test.each([1, 2, 5])('%d at once and no more, in order', async (lanes) => {
  let underWay = 0;
  let most = 0;
  const works = [3, 1, 2].map((turns) => async () => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    underWay--;
    return turns;
  });
  expect(await inLanes(lanes, works)).toEqual([3, 1, 2]);
  expect(most).toBe(Math.min(lanes, 3));
});

test('a lane that is free takes the next, whichever was begun first', async () => {
  const begun: string[] = [];
  const after = (turns: number, name: string) => async () => {
    begun.push(name);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    begun.push(`${name} ends`);
  };
  await inLanes(2, [after(9, 'long'), after(1, 'short'), after(1, 'third'), after(1, 'fourth')]);
  expect(begun.indexOf('fourth ends')).toBeLessThan(begun.indexOf('long ends'));
});

test('of several that fail the first in time is reported', async () => {
  const failing = (turns: number, name: string) => async () => {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    throw new Error(name);
  };
  await expect(inLanes(3, [failing(5, 'late'), failing(1, 'early')])).rejects.toThrow('early');
});

test('none is begun after one has failed, though a lane is free', async () => {
  let begun = 0;
  async function* works(): AsyncGenerator<() => Promise<void>> {
    for (let at = 0; at < 4; at++) {
      yield async () => {
        begun++;
        if (at === 0) throw new Error('failed');
      };
      await new Promise(setImmediate);
    }
  }
  await expect(inLanes(3, works())).rejects.toThrow('failed');
  expect(begun).toBe(1);
});

test('one that fails is reported once those under way have ended, and no more are begun', async () => {
  const log: string[] = [];
  const after = (turns: number, name: string) => async () => {
    log.push(`${name} begins`);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    log.push(`${name} ends`);
    if (name === 'bad') throw new Error('failed');
  };
  const works = [after(5, 'long'), after(1, 'bad'), after(9, 'third'), after(1, 'late')];
  await expect(inLanes(3, works)).rejects.toThrow('failed');
  log.push('reported');
  expect(log.slice(0, 3)).toEqual(['long begins', 'bad begins', 'third begins']);
  expect(log.at(-1)).toBe('reported');
  for (const name of ['long', 'bad', 'third']) expect(log).toContain(`${name} ends`);
  expect(log).not.toContain('late begins');
});

test('cores are shared among runs, and a run that is alone has the threads of its program', () => {
  expect([threadsBeside(1, 4), threadsBeside(2, 2), threadsBeside(2, 5)]).toEqual([
    {},
    { threads: 1 },
    { threads: 2 },
  ]);
});
