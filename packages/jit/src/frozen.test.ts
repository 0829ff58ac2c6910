import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type CompileOptions, compile, type HostTensor } from './index.js';
import { TFJS_NODE, withTensorflow } from './tensorflow/installed.test-support.js';

tf.env().set('IS_TEST', true);

type State = { table: tf.Tensor2D; w: tf.Tensor2D; gain: tf.Tensor1D; flags: tf.Tensor1D };

const numbers = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => ((i * 37) % 23) / 11 - 1);
const state = {
  table: { dtype: 'float32', shape: [9, 40], data: numbers(360) },
  w: { dtype: 'float32', shape: [40, 40], data: numbers(1600) },
  gain: { dtype: 'float32', shape: [40], data: numbers(40) },
  flags: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
} satisfies Record<string, HostTensor>;

const rowsOf = (rows: number) => ({ ids: { dtype: 'int32', shape: [rows] } as const });

/** A table that is read by rows and as the last product, as language models do; a state leaf as an output. */
function score({ table, w, gain, flags }: State, { ids }: { ids: tf.Tensor1D }) {
  const hidden = tf.mul(tf.matMul(tf.gather(table, ids), w, false, true), gain);
  const logits = tf.matMul(tf.add(tf.matMul(hidden, w), hidden), table, false, true);
  return { outputs: { logits, best: tf.argMax(logits, 1), flags } };
}

const options = (given: Partial<CompileOptions> = {}) => ({
  state,
  inputs: rowsOf(4),
  threads: 1,
  ...given,
});

const engines: Partial<CompileOptions>[] = [
  ...withTensorflow('onnxruntime', 'eager').map((engine) => ({
    engine,
    tensorflowFrom: TFJS_NODE,
  })),
  { engine: 'onnxruntime', binding: 'npm' },
];

describe.each(engines)('frozen state on %j', (engine) => {
  test('computes what unfrozen state computes, at every shape', async () => {
    const [frozen, free] = [
      await compile(score, options({ ...engine, frozen: true })),
      await compile(score, options(engine)),
    ];
    for (const rows of [4, 1, 7]) {
      const ids = Int32Array.from({ length: rows }, (_, i) => (i * 5) % 9);
      const [mine, other] = [
        await frozen.compile(score, { inputs: rowsOf(rows) }),
        await free.compile(score, { inputs: rowsOf(rows) }),
      ];
      const [found, expected] = [await mine.run({ ids }), await other.run({ ids })];
      expect([...found.best.data]).toEqual([...expected.best.data]);
      expect([...found.flags.data]).toEqual([1, 0, 1]);
      for (const [at, value] of found.logits.data.entries())
        expect(value).toBeCloseTo(expected.logits.data[at], 3);
      mine.dispose();
      other.dispose();
    }
    expect(await frozen.readState()).toEqual(await free.readState());
    frozen.dispose();
    free.dispose();
  });

  test('refuses to change', async () => {
    const program = await compile(score, options({ ...engine, frozen: true }));
    await expect(program.writeState(await program.readState())).rejects.toThrow(
      /^jit: the state is frozen: writeState cannot replace it\.\n/,
    );
    async function learning(): Promise<void> {
      const learn = await program.compile(
        function learn(s: State) {
          return { state: { ...s, gain: tf.neg(s.gain) }, outputs: tf.sum(s.gain) };
        },
        { inputs: {} },
      );
      await learn.run({});
    }
    await expect(learning()).rejects.toThrow(
      /"learn" changes "state\.gain", but the state is frozen\.\nReturn outputs only, or do not freeze it: compile without frozen, run outside of whileFrozen\./,
    );
    // State that comes back as it went in is no change.
    const same = await program.compile((s: State) => ({ state: s, outputs: tf.sum(s.gain) }), {
      inputs: {},
    });
    expect((await same.run({})).data[0]).toBeCloseTo(
      state.gain.data.reduce((sum, value) => sum + value, 0),
      4,
    );
    program.dispose();
  });
});

/** Adds to the gain what a run is given. */
const raise = (s: State, { by }: { by: tf.Scalar }) => ({
  state: { ...s, gain: tf.add(s.gain, by) },
  outputs: { was: s.gain },
});
const byOne = { by: Float32Array.of(1) };

describe.each(engines)('whileFrozen on %j', (engine) => {
  const tried = async () => {
    const main = await compile(raise, {
      ...options(engine),
      inputs: { by: { dtype: 'float32', shape: [] } },
    });
    const scores = await main.compile(score, { inputs: rowsOf(4) });
    return { main, scores };
  };
  const ids = Int32Array.of(3, 1, 4, 1);

  test('computes what single runs compute, of the state as it then is', async () => {
    const { main, scores } = await tried();
    for (let round = 0; round < 2; round++) {
      const expected = await scores.run({ ids });
      const found = await scores.whileFrozen((run) => Promise.all([run({ ids }), run({ ids })]));
      for (const { logits, best, flags } of found) {
        expect([...best.data, ...flags.data]).toEqual([
          ...expected.best.data,
          ...expected.flags.data,
        ]);
        for (const [at, value] of logits.data.entries())
          expect(value).toBeCloseTo(expected.logits.data[at], 3);
      }
      await main.run(byOne);
    }
    expect(scores.timings().calls).toBe(6);
    main.dispose();
  });

  test('what changes the state waits', async () => {
    const { main, scores } = await tried();
    const order: string[] = [];
    const frozen = scores.whileFrozen(async (run) => {
      const before = await run({ ids });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const after = await run({ ids });
      order.push('frozen');
      expect(after).toEqual(before);
    });
    const change = main.run(byOne).then(() => order.push('changed'));
    await Promise.all([frozen, change]);
    expect(order).toEqual(['frozen', 'changed']);
    main.dispose();
  });

  test('refuses what changes the state, and runs after its end', async () => {
    const { main, scores } = await tried();
    await expect(main.whileFrozen((run) => run(byOne))).rejects.toThrow(
      /^jit: "raise" changes "state\.gain", but the state is frozen\.\n/,
    );
    const late = await scores.whileFrozen(async (run) => run);
    await expect(late({ ids })).rejects.toThrow(
      'jit: the state is no longer frozen: a run was asked after the work of whileFrozen had ended.\n' +
        'Await all runs inside of it.',
    );
    expect([...(await main.run(byOne)).was.data]).toEqual([...state.gain.data]);
    main.dispose();
  });

  test('fails as its work does, once its runs have ended', async () => {
    const { main, scores } = await tried();
    let ended = false;
    const failing = scores.whileFrozen(async (run) => {
      void run({ ids }).then(() => {
        ended = true;
      });
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(ended).toBe(true);
    await main.run(byOne);
    main.dispose();
  });

  test('leaves sizes that first come inside of it to later runs', async () => {
    const { main } = await tried();
    // other things for other sizes
    const turned = ({ gain }: State, { x }: { x: tf.Tensor1D }) => {
      let y: tf.Tensor = tf.mul(x, tf.sum(gain));
      for (let turn = 0; turn < Math.min(x.shape[0], 60); turn++) y = tf.neg(y);
      return { outputs: y };
    };
    const program = await main.compile(turned, {
      inputs: { x: { dtype: 'float32', shape: ['n'] } },
    });
    const x = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) } as const;
    const frozen = await program.whileFrozen((run) => run({ x }));
    expect(program.anySize).toBe(false);
    expect(await program.run({ x })).toEqual(frozen);
    await main.run(byOne);
    const after = await program.run({ x });
    expect(after.data[0]).toBeCloseTo(frozen.data[0] - state.gain.data.length, 3);
    expect(await program.whileFrozen((run) => run({ x }))).toEqual(after);
    main.dispose();
  });

  test('of a program that is disposed meanwhile goes on', async () => {
    const { main, scores } = await tried();
    const expected = await scores.run({ ids });
    const found = await scores.whileFrozen(async (run) => {
      main.dispose();
      return run({ ids });
    });
    expect([...found.best.data]).toEqual([...expected.best.data]);
    await expect(scores.run({ ids })).rejects.toThrow('jit: the program was disposed.');
  });
});

describe('engine onnxruntime', () => {
  test('sessions outlive one another in any order', async () => {
    const ids = Int32Array.of(3, 1, 4, 1);
    const first = await compile(score, options({ engine: 'onnxruntime', frozen: true }));
    const child = await first.compile(score, { inputs: rowsOf(2) });
    const expected = await first.run({ ids });
    const second = await compile(score, options({ engine: 'onnxruntime', frozen: true }));
    first.dispose();
    child.dispose();
    await expect(child.run({ ids: ids.slice(2) })).rejects.toThrow(
      'jit: the program was disposed.',
    );
    expect(await second.run({ ids })).toEqual(expected);
    second.dispose();
    const third = await compile(score, options({ engine: 'onnxruntime', frozen: true }));
    expect(await third.run({ ids })).toEqual(expected);
    third.dispose();
  });

  test('keeps no results of past runs', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const program = await compile(score, options({ engine: 'onnxruntime', frozen: true }));
    const past: WeakRef<object>[] = [];
    for (const id of [1, 2, 3, 4]) {
      const { logits } = await program.run({ ids: new Int32Array(4).fill(id) });
      past.push(new WeakRef(logits.data));
    }
    await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds its target until then
    collect();
    expect(past.slice(0, 3).filter((result) => result.deref())).toHaveLength(0);
    program.dispose();
  });

  // Only glibc is told to give memory back.
  (process.platform === 'linux' ? test : test.skip)(
    'further shapes need no further weights',
    async () => {
      const [size, products] = [1024, 4];
      const big = {
        w: { dtype: 'float32', shape: [size, size], data: numbers(size * size) } as const,
      };
      const deep = ({ w }: { w: tf.Tensor2D }, { x }: { x: tf.Tensor2D }) => {
        let y: tf.Tensor = x;
        for (let at = 0; at < products; at++) y = tf.tanh(tf.matMul(y, w));
        return { outputs: tf.sum(y) };
      };
      const inputs = (rows: number) => ({ x: { dtype: 'float32', shape: [rows, size] } as const });
      const program = await compile(deep, {
        state: big,
        inputs: inputs(1),
        engine: 'onnxruntime',
        threads: 1,
        frozen: true,
      });
      const before = residentMiB();
      for (let rows = 2; rows <= 41; rows++) {
        const other = await program.compile(deep, { inputs: inputs(rows) });
        await other.run({ x: new Float32Array(rows * size) });
      }
      // Copies would be 160 MiB, or 640 where each product has its own; sessions and garbage come to 20 to 45.
      expect(residentMiB() - before).toBeLessThan(80);
      program.dispose();
    },
  );
});

const residentMiB = (): number => process.memoryUsage().rss / 2 ** 20;
