// Engine `onnxruntime`: the traced graph as one ONNX session per function, over state that never moves.
//
// Every state leaf that changes has two buffers. A run reads one and writes the other; then they swap. (Writing in
// place is not safe: a gradient may still need the old weight after the new one is written.)

import { createRequire } from 'node:module';
import type { Engine, EngineOptions, LoadOptions, Outputs, Runner, Source } from '../engine.js';
import {
  describe,
  type HostArray,
  type HostTensor,
  sameShape,
  type TensorSpec,
} from '../host-tensor.js';
import {
  type Emitted,
  emitProgram,
  inputName,
  outputName,
  stateInName,
  stateOutName,
} from '../onnx/emit.js';
import { sizeAt } from '../onnx/open-size.js';
import { isOpen, type Sizes, sizesIn } from '../open-axes.js';
import { type Lanes, lanes } from './lanes.js';
import { nativeRuntime } from './native-runtime.js';
import { bindingRuntime } from './npm-binding.js';
import { type Ports, ports } from './ports.js';
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

/** What functions over one state have in common. */
interface Setup {
  readonly runtime: Runtime;
  readonly inLane: Lanes;
  readonly slots: readonly Slot[];
  readonly threads: number;
  readonly spinning: boolean;
  /** The state is constants of all models, not inputs. */
  readonly frozen: boolean;
  /** State can be constants: the npm binding would copy them into every session. */
  readonly takesConstants: boolean;
  /** Of functions that are frozen for a while, again and again. */
  readonly frozenModels: WeakMap<Source, Emitted>;
  /** Those that are loaded. */
  readonly runners: Set<Runner>;
  /** Outputs that callers have, by their arrays. */
  readonly lent: Map<HostArray, Lent>;
}

interface Lent {
  readonly tensor: BoundTensor;
  readonly from: Ports;
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
    frozen,
    takesConstants: binding === 'native',
    frozenModels: new WeakMap(),
    runners: new Set(),
    lent: new Map(),
  };

  return {
    name: 'onnxruntime',
    lanes: runtime.lanes,
    opensAxes: true,
    freezes: !frozen && setup.takesConstants,
    load: (source, own) => load(setup, source, own ?? {}),
    giveBack: (outputs) => {
      for (const { data } of outputs) {
        const found = setup.lent.get(data);
        setup.lent.delete(data);
        found?.from.giveBack(found.tensor);
      }
    },
    readState: async () =>
      slots.map(({ current: { dtype, shape, data } }) => ({ dtype, shape, data: data.slice() })),
    writeState: async (values) => {
      for (const [index, { data }] of values.entries()) slots[index].current.data.set(data);
    },
    dispose: () => {
      // Sessions may read the state's memory until they are gone.
      for (const runner of setup.runners) runner.dispose();
      for (const { tensor } of setup.lent.values()) tensor.release();
      setup.lent.clear();
      for (const { current, spare } of slots) {
        current.release();
        spare?.release();
      }
      slots.length = 0;
    },
  };
}

async function load(
  { runtime, inLane, slots, spinning, runners, lent, ...setup }: Setup,
  source: Source,
  { threads = setup.threads, lendsOutputs = false, ...own }: LoadOptions,
): Promise<Runner> {
  const frozen = setup.takesConstants && (own.frozen ?? setup.frozen);
  const { open, signature } = source;
  const traces = open?.traces ?? [{ sizes: new Map(), trace: source.traced() }];
  const { graph, outputShape, outputPaths } = traces[0].trace;
  const declared = open?.inputs ?? graph.inputs;
  const start = performance.now();
  const emitted =
    (own.frozen ? setup.frozenModels.get(source) : undefined) ??
    emitProgram(
      traces.map(({ sizes, trace }) => ({ sizes, trace: trace.graph })),
      { frozen, inputs: declared },
    );
  if (own.frozen) setup.frozenModels.set(source, emitted);
  const { model, stateIn, inputs, stateOut, outputShapes } = emitted;
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
      isBrief: own.frozen === true,
    }),
  });
  const given = inputs.map((index) => ports(runtime, isOpen(declared[index])));
  const results = outputShapes.map((shape) =>
    ports(
      runtime,
      shape.some(({ axes }) => axes.length > 0),
    ),
  );

  const run = async (values: readonly HostTensor[]): Promise<Outputs> => {
    const sizes = sizesIn(values, declared, signature.inputPaths);
    const specs = outputShapes.map((shape, at): TensorSpec => {
      const spec = {
        dtype: graph.outputs[at].dtype,
        shape: shape.map((one) => sizeAt(one, sizes)),
      };
      if (spec.shape.some((size) => size < 0)) throw negative(outputPaths[at], spec, sizes);
      return spec;
    });
    const borrowed = inputs.map((index) => {
      const found = lent.get(values[index].data)?.tensor;
      return found && sameShape(found.shape, values[index].shape) ? found : undefined;
    });
    const mine = inputs.map((index, at) => borrowed[at] ?? given[at].take(values[index]));
    const theirs = specs.map((spec, at) => results[at].take(spec));
    let isLent = false;
    try {
      for (const [at, index] of inputs.entries())
        if (!borrowed[at]) mine[at].data.set(values[index].data);
      const begin = performance.now();
      await session.run(
        [...fed.map((index) => slots[index].current), ...mine],
        // A leaf in stateOut has a spare since loading.
        [...stateOut.map((index) => slots[index].spare as BoundTensor), ...theirs],
      );
      const engineMs = performance.now() - begin;
      for (const index of stateOut) {
        const slot = slots[index];
        [slot.current, slot.spare] = [slot.spare as BoundTensor, slot.current];
      }
      isLent = lendsOutputs;
      if (isLent)
        for (const [at, tensor] of theirs.entries())
          lent.set(tensor.data, { tensor, from: results[at] });
      const leaves = theirs.map(({ dtype, shape, data }) => ({
        dtype,
        shape,
        data: isLent ? data : data.slice(),
      }));
      return { leaves, shape: outputShape, engineMs };
    } finally {
      for (const [at, tensor] of mine.entries()) if (!borrowed[at]) given[at].giveBack(tensor);
      if (!isLent) for (const [at, tensor] of theirs.entries()) results[at].giveBack(tensor);
    }
  };

  const runner: Runner = {
    emitMs,
    changes: stateOut,
    run: (values) => inLane(() => run(values)),
    dispose: () => {
      if (!runners.delete(runner)) return;
      session.dispose();
      for (const { release } of [...given, ...results]) release();
    },
  };
  runners.add(runner);
  return runner;
}

function negative(path: string, spec: TensorSpec, sizes: Sizes): RangeError {
  const given = [...sizes].map(([axis, size]) => `${axis} ${size}`).join(', ');
  return new RangeError(
    `jit: "${path}" would be ${describe(spec)} for inputs of ${given}: expected sizes from 0.\n` +
      'The function takes no inputs of this size: give smaller ones, or cut them before.',
  );
}

function bind(runtime: Runtime, value: HostTensor): BoundTensor {
  const tensor = runtime.tensor(value);
  tensor.data.set(value.data);
  return tensor;
}
