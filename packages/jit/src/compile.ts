// compile: a function over state and inputs becomes a program that an engine runs.

import type * as tf from '@tensorflow/tfjs-core';
import { chooseEngine } from './choose-engine.js';
import type { Engine, Runner } from './engine.js';
import {
  allocate,
  conform,
  type HostTensor,
  isDType,
  isHostTensor,
  type TensorSpec,
} from './host-tensor.js';
import { checkSpec, type InputSpec, sizesIn } from './open-axes.js';
import type { CompileOptions, HostTree, InitialState, Program, ProgramOptions } from './program.js';
import { loadRunners, type Runners, specAt } from './runners.js';
import { StateQueue } from './state-queue.js';
import { backendReady, changesFrozen, isTensor, type Step, type StepResult } from './trace.js';
import { flatten, leavesOf, type TreeShape, unflatten } from './tree.js';

/**
 * Traces `step` and prepares it on an engine: at once, or where axes stay open and `anySize` is false, for each size when
 * it first comes.
 *
 * @throws Error naming the function and the op when something cannot be traced, before any work is done
 */
export async function compile<R extends StepResult, S extends InitialState>(
  step: Step<R>,
  options: CompileOptions<S>,
): Promise<Program<HostTree<R['outputs']>, HostTree<S>>> {
  checkThreads(options.threads);
  await backendReady();
  const state = flatten(options.state, isInitialValue, 'state');
  const values = await Promise.all(
    state.leaves.map((leaf, index) => hostCopy(leaf, state.paths[index])),
  );
  const engine = await chooseEngine(options.engine ?? 'auto', values, {
    threads: options.threads ?? 0,
    spinning: options.spinning ?? false,
    precision: options.precision ?? 'float32',
    provider: options.provider ?? 'cpu',
    binding: options.binding ?? 'native',
    tensorflowFrom: options.tensorflowFrom,
    frozen: options.frozen ?? false,
  });
  const shared: Shared = {
    engine,
    state: values.map(({ dtype, shape }) => ({ dtype, shape })),
    paths: state.paths,
    shape: state.shape,
    frozen: options.frozen ?? false,
    queue: new StateQueue(),
    disposed: false,
  };
  try {
    return await load<R, HostTree<S>>(step, { inputs: options.inputs }, shared, true);
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** What programs over one state have in common. */
interface Shared {
  readonly engine: Engine;
  readonly state: readonly TensorSpec[];
  readonly paths: readonly string[];
  readonly shape: TreeShape;
  readonly frozen: boolean;
  readonly queue: StateQueue;
  disposed: boolean;
}

/** What work does with the state. */
type Use = 'read' | 'change';

/** Runs work when its turn comes. */
type Turn = <T>(use: Use, work: () => Promise<T>) => Promise<T>;

async function load<R extends StepResult, State>(
  step: Step<R>,
  { inputs, threads, lendsOutputs }: ProgramOptions,
  shared: Shared,
  ownsState: boolean,
): Promise<Program<HostTree<R['outputs']>, State>> {
  checkThreads(threads);
  const { leaves: specs, paths, shape } = flatten(inputs, isSpec, 'inputs');
  for (const [index, spec] of specs.entries()) checkSpec(spec, paths[index]);
  const signature = {
    state: shared.state,
    statePaths: shared.paths,
    stateShape: shared.shape,
    frozen: shared.frozen,
    inputPaths: paths,
    inputShape: shape,
  };
  const declared = { step, signature, inputs: specs };
  const runners = await loadRunners(declared, shared.engine, { threads, lendsOutputs });
  const runs = { calls: 0, callMs: 0, engineMs: 0 };
  /** For runners that are gone. */
  const spent = { traceMs: 0, emitMs: 0, loadMs: 0 };
  let disposed = false;

  const lanes = shared.engine.lanes ?? 1;
  const turnIn =
    (queue: StateQueue): Turn =>
    (use, work) =>
      use === 'read' && lanes > 1 ? queue.read(work) : queue.change(work);
  const queued: Turn = (use, work) => {
    if (disposed || shared.disposed) {
      return Promise.reject(
        new Error('jit: the program was disposed.\nCompile it again to use it.'),
      );
    }
    return turnIn(shared.queue)(use, work);
  };
  type Run = Program<HostTree<R['outputs']>>['run'];
  const runOn =
    (runners: Runners, turn: Turn, check: (runner: Runner) => void = () => {}): Run =>
    async (given) => {
      const asked = performance.now();
      const values = leavesOf(shape, given, 'inputs');
      const sizes = sizesIn(values, specs, paths);
      const leaves = values.map((value, index) =>
        conform(value, specAt(specs[index], sizes), paths[index]),
      );
      const checked = performance.now() - asked;
      const loaded = runners.get(sizes);
      const outputs = await turn(loaded?.changes?.length === 0 ? 'read' : 'change', async () => {
        const runner = loaded ?? (await runners.load(sizes));
        check(runner);
        const begin = performance.now();
        const result = await runner.run(leaves);
        runs.calls++;
        runs.callMs += checked + performance.now() - begin;
        runs.engineMs += result.engineMs;
        return result;
      });
      // The tree is what the step returned, whose type R is.
      return unflatten(outputs.shape, outputs.leaves) as HostTree<R['outputs']>;
    };

  return {
    engine: shared.engine.name,
    lanes,
    anySize: runners.anySize,
    run: runOn(runners, queued),
    whileFrozen: (work) =>
      queued('read', async () => {
        const frozen = await runners.frozen();
        const queue = new StateQueue();
        let ended = false;
        const turn: Turn = (use, run) => (ended ? Promise.reject(over()) : turnIn(queue)(use, run));
        try {
          return await work(
            runOn(frozen, turn, ({ changes = [] }) => {
              if (changes.length > 0) throw changesFrozen(step, shared.paths[changes[0]]);
            }),
          );
        } finally {
          ended = true;
          await queue.ended;
          spent.traceMs += frozen.spent.traceMs;
          spent.emitMs += frozen.spent.emitMs;
          spent.loadMs += frozen.spent.loadMs;
          frozen.dispose();
        }
      }),
    giveBack: (outputs) =>
      shared.engine.giveBack?.(flatten(outputs, isHostTensor, 'outputs').leaves),
    compile: <Q extends StepResult>(other: Step<Q>, options: ProgramOptions) =>
      queued('read', () => load<Q, State>(other, options, shared, false)),
    // The tree is that of the initial state.
    readState: () =>
      queued('read', async () => unflatten(shared.shape, await shared.engine.readState()) as State),
    writeState: async (tree) => {
      if (shared.frozen) {
        throw new Error(
          'jit: the state is frozen: writeState cannot replace it.\n' +
            'Compile a new program over the new values, or compile without frozen.',
        );
      }
      const leaves = leavesOf(shared.shape, tree, 'state').map((value, index) =>
        conform(value, shared.state[index], shared.paths[index]),
      );
      await queued('change', () => shared.engine.writeState(leaves));
    },
    timings: () => ({
      ...runs,
      traceMs: spent.traceMs + runners.spent.traceMs,
      emitMs: spent.emitMs + runners.spent.emitMs,
      loadMs: spent.loadMs + runners.spent.loadMs,
    }),
    dispose: () => {
      if (disposed) return;
      disposed = true;
      shared.disposed ||= ownsState;
      const free = (): void => {
        runners.dispose();
        if (ownsState) shared.engine.dispose();
      };
      // What is running finishes first.
      if (shared.queue.isIdle) free();
      else void shared.queue.ended.then(free);
    },
  };
}

const over = (): Error =>
  new Error(
    'jit: the state is no longer frozen: a run was asked after the work of whileFrozen had ended.\n' +
      'Await all runs inside of it.',
  );

const isInitialValue = (value: unknown): value is HostTensor | tf.Tensor =>
  isHostTensor(value) || isTensor(value);

function isSpec(value: unknown): value is InputSpec {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'shape' in value &&
    Array.isArray(value.shape) &&
    'dtype' in value &&
    typeof value.dtype === 'string'
  );
}

function checkThreads(threads = 0): void {
  if (Number.isInteger(threads) && threads >= 0) return;
  throw new RangeError(
    `jit: threads is ${threads}: expected a whole number.\nLeave it out for the engine's choice.`,
  );
}

async function hostCopy(leaf: HostTensor | tf.Tensor, path: string): Promise<HostTensor> {
  if (!isDType(leaf.dtype)) {
    throw new TypeError(
      `jit: "${path}" is ${leaf.dtype}: expected float32, int32 or bool.\nConvert it before compile.`,
    );
  }
  const { dtype, shape } = leaf;
  const given = isTensor(leaf) ? { dtype, shape, data: await leaf.data() } : leaf;
  const checked = conform(given, { dtype, shape }, path);
  const data = allocate(dtype, checked.data.length);
  data.set(checked.data);
  return { dtype, shape: [...shape], data };
}
