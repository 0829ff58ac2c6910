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

test('one that fails is reported once those before it have ended', async () => {
  const fail = () => Promise.reject(new Error('failed'));
  await expect(inLanes(2, [async () => 1, fail, async () => 2])).rejects.toThrow('failed');
});

test('cores are shared among runs, and a run that is alone has the threads of its program', () => {
  expect([threadsBeside(1, 4), threadsBeside(2, 2), threadsBeside(2, 5)]).toEqual([
    {},
    { threads: 1 },
    { threads: 2 },
  ]);
});
