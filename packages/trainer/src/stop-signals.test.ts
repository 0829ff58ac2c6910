// Signals without a program: what is installed, what the first one does, what is left.

import { describe, expect, test } from '@jest/globals';
import { stopSignals } from './stop-signals.js';

describe('S1: stop signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts once, by its name', (name) => {
    const heard: string[] = [];
    const { signal, release } = stopSignals((first) => heard.push(first));
    expect(signal.aborted).toBe(false);
    process.emit(name, name);
    expect([signal.aborted, signal.reason]).toEqual([true, name]);
    process.emit('SIGTERM', 'SIGTERM'); // asked again: no more than before
    expect([signal.reason, ...heard]).toEqual([name, name]);
    release();
  });

  test('leave no listener behind', () => {
    const count = (): number[] =>
      (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => process.listenerCount(name));
    const before = count();
    stopSignals().release();
    expect(count()).toEqual(before);
  });
});
