import { beforeEach, expect, test } from '@jest/globals';
import { StateQueue } from './state-queue.js';

let queue: StateQueue;
let log: string[];
beforeEach(() => {
  queue = new StateQueue();
  log = [];
});

/** Work that begins and ends three turns apart. */
const work = (name: string) => async () => {
  log.push(`${name} begins`);
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  log.push(`${name} ends`);
  return name;
};

test('reading overlaps; what changes the state is alone and keeps its place', async () => {
  const asked = [
    queue.read(work('r1')),
    queue.read(work('r2')),
    queue.change(work('c1')),
    queue.change(work('c2')),
    queue.read(work('r3')),
    queue.read(work('r4')),
    queue.change(work('c3')),
  ];
  expect(await Promise.all(asked)).toEqual(['r1', 'r2', 'c1', 'c2', 'r3', 'r4', 'c3']);
  expect(log).toEqual([
    ...['r1 begins', 'r2 begins', 'r1 ends', 'r2 ends'],
    ...['c1 begins', 'c1 ends', 'c2 begins', 'c2 ends'],
    ...['r3 begins', 'r4 begins', 'r3 ends', 'r4 ends'],
    ...['c3 begins', 'c3 ends'],
  ]);
});

test('a failure is told to who asked and stops nobody else', async () => {
  const fails = async (): Promise<never> => {
    throw new Error('no');
  };
  const asked = [
    queue.change(fails),
    queue.read(fails),
    queue.change(work('c')),
    queue.read(fails),
  ];
  const settled = await Promise.allSettled(asked);
  expect(settled.map(({ status }) => status)).toEqual([
    ...['rejected', 'rejected', 'fulfilled', 'rejected'],
  ]);
});

test('knows when everything has ended', async () => {
  expect(queue.isIdle).toBe(true);
  void queue.read(work('r'));
  void queue.change(work('c'));
  expect(queue.isIdle).toBe(false);
  await queue.ended;
  expect(log.at(-1)).toBe('c ends');
  expect(queue.isIdle).toBe(true);
});
