// Engine `onnxruntime`: the traced graph as one ONNX session per function, over state that never moves.
//
// Every state leaf that changes has two buffers. A run reads one and writes the other; then they swap. (Writing in
// place is not safe: a gradient may still need the old weight after the new one is written.)

import { createRequire } from 'node:module';
import type { Engine, EngineOptions, Outputs, Runner, Source } from '../engine.js';
import type { HostTensor } from '../host-tensor.js';
import { emitProgram, inputName, outputName, stateInName, stateOutName } from '../onnx/emit.js';
import { type Lanes, lanes } from './lanes.js';
import { nativeRuntime } from './native-runtime.js';
import { bindingRuntime } from './npm-binding.js';
import type { BoundTensor, Runtime } from './runtime.js';

export function isOnnxRuntimeInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return true;
  } catch {
    return false;
  }
}

/** One state leaf. */
interface Slot {
  current: BoundTensor;
  /** Where the next value goes; made when a function first changes the leaf. */
  spare?: BoundTensor;
}

/** What one run reads and writes beside the state. */
interface Ports {
  readonly inputs: readonly BoundTensor[];
  readonly outputs: readonly BoundTensor[];
}

/** What functions over one state have in common. */
interface Setup {
  readonly runtime: Runtime;
  readonly inLane: Lanes;
  readonly slots: readonly Slot[];
  readonly threads: number;
  readonly spinning: boolean;
  /** The state is constants of the models, not inputs. */
  readonly frozen: boolean;
  /** Those that are loaded. */
  readonly runners: Set<Runner>;
}

export async function onnxRuntimeEngine(
  initial: readonly HostTensor[],
  options: EngineOptions,
): Promise<Engine> {
  const { threads, spinning = false, provider = 'cpu' } = options;
  const { binding = 'native', frozen = false } = options;
  if (provider !== 'cpu') {
    const { deviceEngine } = await import('./device-engine.js');
    return deviceEngine(initial, options, provider);
  }
  const runtime = await (binding === 'npm' ? bindingRuntime() : nativeRuntime());
  const slots: Slot[] = initial.map((value) => ({ current: bind(runtime, value) }));
  const setup: Setup = {
    runtime,
    inLane: lanes(runtime.lanes),
    slots,
    threads,
    spinning,
    // The npm binding would copy constants into every session.
    frozen: frozen && binding === 'native',
    runners: new Set(),
  };

  return {
    name: 'onnxruntime',
    lanes: runtime.lanes,
    load: (source, own = threads) => load({ ...setup, threads: own }, source),
    readState: async () =>
      slots.map(({ current: { dtype, shape, data } }) => ({ dtype, shape, data: data.slice() })),
    writeState: async (values) => {
      for (const [index, { data }] of values.entries()) slots[index].current.data.set(data);
    },
    dispose: () => {
      // Sessions may read the state's memory until they are gone.
      for (const runner of setup.runners) runner.dispose();
      for (const { current, spare } of slots) {
        current.release();
        spare?.release();
      }
      slots.length = 0;
    },
  };
}

async function load(
  { runtime, inLane, slots, threads, spinning, frozen, runners }: Setup,
  source: Source,
): Promise<Runner> {
  const { graph, outputShape } = source.traced();
  const start = performance.now();
  const { model, stateIn, inputs, stateOut } = emitProgram(graph, { frozen });
  const emitMs = performance.now() - start;
  for (const index of stateOut) slots[index].spare ??= runtime.tensor(graph.state[index]);
  const fed = frozen ? [] : stateIn;
  const session = await runtime.session(model, {
    inputNames: [...fed.map(stateInName), ...inputs.map(inputName)],
    outputNames: [
      ...stateOut.map(stateOutName),
      ...graph.outputs.map((_, index) => outputName(index)),
    ],
    threads,
    spinning,
    ...(frozen && {
      constants: stateIn.map((index) => ({
        name: stateInName(index),
        tensor: slots[index].current,
      })),
    }),
  });
  /** As many as runs were under way at once. */
  const ports: Ports[] = [];
  const idle: Ports[] = [];
  const makePorts = (): Ports => {
    const made = {
      inputs: inputs.map((index) => runtime.tensor(graph.inputs[index])),
      outputs: graph.outputs.map((value) => runtime.tensor(value)),
    };
    ports.push(made);
    return made;
  };

  const run = async (given: readonly HostTensor[]): Promise<Outputs> => {
    const mine = idle.pop() ?? makePorts();
    try {
      for (const [at, index] of inputs.entries()) mine.inputs[at].data.set(given[index].data);
      const begin = performance.now();
      await session.run(
        [...fed.map((index) => slots[index].current), ...mine.inputs],
        // A leaf in stateOut has a spare since loading.
        [...stateOut.map((index) => slots[index].spare as BoundTensor), ...mine.outputs],
      );
      const engineMs = performance.now() - begin;
      for (const index of stateOut) {
        const slot = slots[index];
        [slot.current, slot.spare] = [slot.spare as BoundTensor, slot.current];
      }
      const leaves = mine.outputs.map(({ dtype, shape, data }) => ({
        dtype,
        shape,
        data: data.slice(),
      }));
      return { leaves, shape: outputShape, engineMs };
    } finally {
      idle.push(mine);
    }
  };

  const runner: Runner = {
    emitMs,
    onlyReads: stateOut.length === 0,
    run: (given) => inLane(() => run(given)),
    dispose: () => {
      if (!runners.delete(runner)) return;
      session.dispose();
      for (const { inputs, outputs } of ports)
        for (const tensor of [...inputs, ...outputs]) tensor.release();
    },
  };
  runners.add(runner);
  return runner;
}

function bind(runtime: Runtime, value: HostTensor): BoundTensor {
  const tensor = runtime.tensor(value);
  tensor.data.set(value.data);
  return tensor;
}
