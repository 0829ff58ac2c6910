import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { listCheckpoints } from './checkpoint-folder.js';
import type { RunEvent } from './run-plan.js';
import { ROWS, toyBatch, toyOptions, toySource } from './test-support.js';
import { toyRuns, withoutTime } from './toy-runs.test-support.js';
import { openTrainer, type TrainerOptions } from './trainer.js';
import type { HostTensors, TrainingTask } from './training-task.js';

tf.env().set('IS_TEST', true);

const { folder, train, trainUntil, saved, logged } = toyRuns();

describe('resuming', () => {
  test.each([
    ['in the middle of a log window', 4],
    ['at a checkpoint', 10],
    ['before the first checkpoint', 1],
    ['one step before the end', 19],
  ])('C9, C10, C11: stopped %s and resumed has the same bits and lines', async (_, stop) => {
    await train('whole');
    expect((await trainUntil(stop, 'parts')).status).toBe('interrupted');
    expect((await train('parts')).status).toBe('finished');
    const [whole, parts] = [await saved('whole', 20), await saved('parts', 20)];
    expect(parts.parameters).toEqual(whole.parameters);
    expect(parts.optimizer).toEqual(whole.optimizer);
    expect(withoutTime(parts.state)).toEqual(withoutTime(whole.state));
    expect(await logged('parts')).toEqual(await logged('whole'));
  });

  test('C9: at step 0 has the same bits', async () => {
    await train('whole');
    expect(await train('parts', { signal: AbortSignal.abort() })).toMatchObject({
      status: 'interrupted',
      step: 0,
    });
    await train('parts');
    expect(await saved('parts', 20)).toEqual({
      ...(await saved('whole', 20)),
      state: expect.anything(),
    });
    expect(await logged('parts')).toEqual(await logged('whole'));
  });

  test('C9: resumed after its last step does nothing', async () => {
    await train('a');
    const before = await logged('a');
    expect(await train('a')).toMatchObject({ status: 'finished', step: 20 });
    expect(await logged('a')).toEqual(before);
  });

  test('C7: can be made longer when that is allowed', async () => {
    await train('a');
    await expect(train('a', { steps: 25 })).rejects.toThrow(
      'was begun with another configuration:\n  steps: 20 before, 25 now',
    );
    await train('a', { steps: 25, allowConfigChanges: ['steps'] });
    expect(JSON.parse(readFileSync(join(folder('a'), 'config.json'), 'utf8'))).toEqual({
      steps: 25,
    });
    await train('b', { steps: 25 });
    expect((await saved('a', 25)).parameters).toEqual((await saved('b', 25)).parameters);
  });

  test('C6: falls back to the last good checkpoint and sets the damaged one aside', async () => {
    await train('whole');
    await trainUntil(12, 'a');
    const path = join(folder('a'), 'checkpoints/step-000012/model.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    const events: RunEvent[] = [];
    await train('a', { onEvent: (event) => void events.push(event) });
    expect(events[0]).toMatchObject({
      kind: 'damaged',
      path: join(folder('a'), 'checkpoints/damaged-step-000012'),
    });
    expect(events[1]).toEqual({ kind: 'start', step: 10, steps: 20 });
    expect((await saved('a', 20)).parameters).toEqual((await saved('whole', 20)).parameters);
    expect(await logged('a')).toEqual(await logged('whole'));
  });

  test('C6: exactly, fails on a damaged checkpoint instead', async () => {
    await trainUntil(12, 'a');
    rmSync(join(folder('a'), 'checkpoints/step-000012/optimizer.safetensors'));
    await expect(train('a', {}, { resume: 'exact' })).rejects.toThrow(
      'is damaged: optimizer.safetensors: it is missing',
    );
  });

  test('exactly, fails without a checkpoint', async () => {
    await expect(train('a', {}, { resume: 'exact' })).rejects.toThrow('there is no checkpoint');
  });

  test('never, refuses a folder that holds a run', async () => {
    await train('a');
    await expect(train('a', {}, { resume: 'never' })).rejects.toThrow(
      'holds a run already: its newest checkpoint is of step 20',
    );
  });

  test('C8: removes an older checkpoint that a killed run had no time to remove', async () => {
    await train('a');
    const checkpoints = join(folder('a'), 'checkpoints');
    cpSync(join(checkpoints, 'step-000010'), join(checkpoints, 'step-000005'), { recursive: true });
    await train('a');
    expect(await listCheckpoints(checkpoints)).toEqual([10, 15, 20]);
  });

  test('C5: in a folder that cannot be made fails before anything is computed', async () => {
    writeFileSync(folder('a'), 'a file');
    const parameters = (): never => {
      throw new Error('too late');
    };
    await expect(train('a/run', {}, { parameters })).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  test('C5: with its checkpoints on another file system works as anywhere', async () => {
    await train('whole');
    const elsewhere = mkdtempSync(join(tmpdir(), 'trainer-')); // runs are in memory
    mkdirSync(folder('a'));
    symlinkSync(elsewhere, join(folder('a'), 'checkpoints'));
    await trainUntil(12, 'a');
    await train('a');
    expect((await saved('a', 20)).parameters).toEqual((await saved('whole', 20)).parameters);
    rmSync(elsewhere, { recursive: true });
  });

  test('C9: with micro-batches of half the size meets the same rows in the same order', async () => {
    await train('whole', {}, microBatches(4));
    await trainUntil(10, 'parts', {}, microBatches(4));
    await train('parts', {}, microBatches(2));
    const [whole, parts] = [await saved('whole', 20), await saved('parts', 20)];
    expect(withoutTime(parts.state)).toMatchObject({ source: { row: 80 }, tokens: 80 });
    for (const [name, { data }] of Object.entries(whole.parameters))
      expect([...(parts.parameters[name]?.data ?? [])]).toEqual(
        [...data].map((value) => expect.closeTo(value, 5)),
      );
  });

  test('on another engine continues within rounding', async () => {
    await train('whole');
    await trainUntil(10, 'parts');
    await train('parts', {}, { engine: 'onnxruntime', threads: 1 });
    const [whole, parts] = [await saved('whole', 20), await saved('parts', 20)];
    expect(Object.keys(parts.optimizer)).toEqual(Object.keys(whole.optimizer));
    for (const part of ['parameters', 'optimizer'] as const)
      for (const [name, { data }] of Object.entries(whole[part]))
        expect([...(parts[part][name]?.data ?? [])]).toEqual(
          [...data].map((value) => expect.closeTo(value, 5)),
        );
  });

  test('on another machine goes on from a copy of the folder, with the lock that the first left in it', async () => {
    await train('whole');
    await trainUntil(12, 'here');
    const lock = {
      place: '0'.repeat(12),
      boot: '1'.repeat(12),
      host: 'node-7',
      pid: 12,
      started: '',
    };
    const there = join(folder('there'), 'lock');
    cpSync(folder('here'), folder('there'), { recursive: true });
    writeFileSync(there, JSON.stringify({ ...lock, token: 'f'.repeat(32), since: '2026-01-01' }));
    utimesSync(there, 1, 1); // its last sign of life
    await train('there');
    const [whole, moved] = [await saved('whole', 20), await saved('there', 20)];
    expect(moved.parameters).toEqual(whole.parameters);
    expect(moved.optimizer).toEqual(whole.optimizer);
    expect(await logged('there')).toEqual(await logged('whole'));
  });

  test('C5: needs the lock', async () => {
    const trainer = await openTrainer(toyOptions(folder('a')));
    await expect(train('a')).rejects.toMatchObject({ code: 'locked' });
    await trainer.close();
    await expect(train('a')).resolves.toMatchObject({ status: 'finished' });
  });

  test.each([
    ['was taken over', (lock: string) => writeFileSync(lock, '{"token":"of another"}')],
    ['is gone with its folder', (lock: string) => rmSync(dirname(lock), { recursive: true })],
  ])('C5: writes nothing once its lock %s', async (_, act) => {
    const onEvent = (event: RunEvent): void => {
      if (event.kind === 'step' && event.step === 8) act(join(folder('a'), 'lock'));
    };
    await expect(train('a', { onEvent })).rejects.toMatchObject({ code: 'lost-lock' });
    expect(existsSync(join(folder('a'), 'checkpoints/step-000010'))).toBe(false);
  });

  test('S8: goes on after the source of batches has failed', async () => {
    await train('whole');
    const failing = (index: number): number | undefined => {
      if (index === 12) throw new Error('the disk with the shards is gone');
      return undefined;
    };
    await expect(train('a', {}, { source: toySource(failing) })).rejects.toThrow('shards is gone');
    expect(await listCheckpoints(join(folder('a'), 'checkpoints'))).toEqual([5, 10]);
    await train('a');
    expect((await saved('a', 20)).parameters).toEqual((await saved('whole', 20)).parameters);
    expect(await logged('a')).toEqual(await logged('whole'));
  });
});

/** Optimizer steps on four rows, taken `rows` at a time; the position of the source is a row. */
function microBatches(rows: number): Partial<TrainerOptions> {
  let row = 0;
  const part = ({ x, y }: HostTensors, from: number): HostTensors => ({
    x: { ...x, shape: [rows, 3], data: x.data.slice(3 * from, 3 * (from + rows)) },
    y: { ...y, shape: [rows], data: y.data.slice(from, from + rows) },
  });
  return {
    task: quiet,
    accumulation: ROWS / rows,
    tokensPerBatch: rows,
    evaluation: undefined,
    inputs: {
      x: { dtype: 'float32', shape: [rows, 3] },
      y: { dtype: 'float32', shape: [rows] },
    },
    source: {
      async next() {
        const batch = part(toyBatch(Math.floor(row / ROWS)), row % ROWS);
        row += rows;
        return batch;
      },
      state: () => ({ row }),
      seek(state) {
        row = (state as { row: number }).row;
      },
    },
  };
}

// without noise, whose counter moves with every micro-batch
const quiet: TrainingTask = {
  loss(params, batch) {
    const rows = batch.y.shape[0] ?? 0;
    const predicted = tf.reshape(tf.matMul(batch.x as tf.Tensor2D, params.weight as tf.Tensor2D), [
      rows,
    ]);
    const errors = tf.squaredDifference(tf.add(predicted, params.bias), batch.y);
    return { loss: tf.mean(errors), metrics: { squaredError: tf.sum(errors) } };
  },
};
