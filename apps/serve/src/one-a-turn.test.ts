import { expect, test } from '@jest/globals';
import { oneATurn } from './one-a-turn.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts the turns of the event loop from now on. */
function turns(): () => number {
  let count = 0;
  const step = (): void => {
    count += 1;
    setImmediate(step).unref();
  };
  setImmediate(step).unref();
  return () => count;
}

test('keeps the order, and gives each piece a turn, also those that come while others wait', async () => {
  const turn = turns();
  const inTurn = oneATurn();
  const done: [name: string, turn: number][] = [];
  const piece = (name: string) => (): void => {
    done.push([name, turn()]);
    if (name === 'b') inTurn(piece('from b'));
  };
  for (const name of ['a', 'b', 'c']) inTurn(piece(name));
  expect(done).toEqual([]);
  while (done.length < 4) await nextTurn();
  inTurn(piece('later'));
  while (done.length < 5) await nextTurn();
  expect(done.map(([name]) => name)).toEqual(['a', 'b', 'c', 'from b', 'later']);
  expect(new Set(done.map(([, at]) => at)).size).toBe(5);
});
