import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openEventFile, scalarsEvent, sessionStartEvent, versionEvent } from './event-file.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const python = process.env.ALECTRA_PYTHON;
const readEvents = fileURLToPath(
  new URL('../../../tools/reference/trainer_read_events.py', import.meta.url),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an event', () => {
  // wall time 1.0 is 09 then 0x3ff0000000000000 little-endian; step is 10, a varint
  test('of the file version', () => {
    expect(hex(versionEvent(1))).toBe(
      `09000000000000f03f1000${'1a0d'}${Buffer.from('brain.Event:2').toString('hex')}`,
    );
  });

  test('of a scalar', () => {
    // summary 2a { value 0a { tag 0a "a", simple_value 15 0.5f } }
    expect(hex(scalarsEvent(300, 1, { a: 0.5 }))).toBe(
      '09000000000000f03f10ac022a0a0a080a0161150000003f',
    );
  });

  test('of a restart, which makes TensorBoard forget later steps', () => {
    expect(hex(sessionStartEvent(5, 1))).toBe('09000000000000f03f10053a020801');
  });
});

(python ? test : test.skip)(
  'TensorBoard reads what a resumed run wrote',
  async () => {
    const first = await openEventFile(folder, 0, 1000);
    await first.scalars(10, 1001, { 'train/loss': 3, 'train/rate': 0.25 });
    await first.scalars(20, 1002, { 'train/loss': 99 });
    await first.close();
    const second = await openEventFile(folder, 10, 2000);
    await second.scalars(20, 2001, { 'train/loss': 2 });
    await second.close();
    expect(readdirSync(folder)).toHaveLength(2);
    const found = execFileSync(python ?? '', [readEvents, folder], { encoding: 'utf8' });
    expect(JSON.parse(found)).toEqual({
      'train/loss': [
        [10, 3],
        [20, 2],
      ],
      'train/rate': [[10, 0.25]],
    });
  },
  120_000,
);
