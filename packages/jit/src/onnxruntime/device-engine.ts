// Engine `onnxruntime` on a GPU: the state lies in the GPU's memory and never leaves it between calls.
//
// A call binds the state's tensors as inputs and gets new ones back, which take their place; ONNX Runtime keeps the
// freed memory for the next call. Only inputs and outputs cross over. No node may run on the processor.

import type { Engine, EngineOptions, Runner, Source } from '../engine.js';
import type { HostTensor, TensorSpec } from '../host-tensor.js';
import { emitProgram, inputName, outputName, stateInName, stateOutName } from '../onnx/emit.js';
import { writeModel } from '../onnx/model-writer.js';
import { nameOf, type Step } from '../trace.js';
import { deviceRuntime } from './native-runtime.js';
import type {
  BoundTensor,
  DeviceProvider,
  DeviceRuntime,
  DeviceSession,
  DeviceTensor,
} from './runtime.js';

/** @throws Error when the provider is not installed or finds no device */
export async function deviceEngine(
  initial: readonly HostTensor[],
  { threads }: EngineOptions,
  provider: DeviceProvider,
): Promise<Engine> {
  const runtime = await deviceRuntime(provider);
  // Memory belongs to the session that made it, so sessions are freed last.
  const sessions: DeviceSession[] = [];
  const session = async (
    ...given: Parameters<DeviceRuntime['session']>
  ): Promise<DeviceSession> => {
    const made = await runtime.session(...given);
    sessions.push(made);
    return made;
  };
  const copies = await copySession(runtime, session, initial, provider);
  let state = await copies.up(initial).catch((cause: unknown) => {
    for (const each of sessions) each.dispose();
    throw cause;
  });

  const load = async (source: Source): Promise<Runner> => {
    const { graph, outputShape } = source.traced();
    const start = performance.now();
    const { model, stateIn, inputs, stateOut } = emitProgram([{ sizes: new Map(), trace: graph }], {
      dialect: 'gpu',
    });
    const emitMs = performance.now() - start;
    const loaded = await session(model, {
      inputNames: [...stateIn.map(stateInName), ...inputs.map(inputName)],
      outputNames: [
        ...stateOut.map(stateOutName),
        ...graph.outputs.map((_, index) => outputName(index)),
      ],
      threads,
    }).catch((cause: unknown) => {
      throw explained(cause, provider, source.step);
    });
    const boundInputs = inputs.map((index) => runtime.tensor(graph.inputs[index]));
    const boundOutputs = graph.outputs.map((value) => runtime.tensor(value));
    const changed = stateOut.map((index) => graph.state[index]);
    return {
      emitMs,
      changes: stateOut,
      run: async (given) => {
        for (const [at, index] of inputs.entries()) boundInputs[at].data.set(given[index].data);
        const begin = performance.now();
        const next = await loaded.run(
          [...stateIn.map((index) => state[index]), ...boundInputs],
          changed,
          boundOutputs,
        );
        const engineMs = performance.now() - begin;
        for (const [at, index] of stateOut.entries()) {
          state[index].release();
          state[index] = next[at];
        }
        return { leaves: boundOutputs.map(copyOf), shape: outputShape, engineMs };
      },
      dispose: () => release([...boundInputs, ...boundOutputs]),
    };
  };

  return {
    name: 'onnxruntime',
    load,
    readState: () => copies.down(state),
    writeState: async (values) => {
      const next = await copies.up(values);
      release(state);
      state = next;
    },
    dispose: () => {
      release(state);
      state = [];
      for (const each of sessions.splice(0)) each.dispose();
    },
  };
}

/** Brings the whole state to the device and back. */
interface Copies {
  up(values: readonly HostTensor[]): Promise<DeviceTensor[]>;
  down(tensors: readonly DeviceTensor[]): Promise<HostTensor[]>;
}

async function copySession(
  runtime: DeviceRuntime,
  session: DeviceRuntime['session'],
  specs: readonly TensorSpec[],
  provider: DeviceProvider,
): Promise<Copies> {
  if (specs.length === 0) return { up: async () => [], down: async () => [] };
  const ports = (name: (index: number) => string) =>
    specs.map(({ dtype, shape }, index) => ({ name: name(index), dtype, shape }));
  const model = writeModel({
    nodes: specs.map((_, index) => ({
      type: 'Identity',
      domain: '',
      inputs: [stateInName(index)],
      outputs: [stateOutName(index)],
      attributes: {},
    })),
    initializers: [],
    inputs: ports(stateInName),
    outputs: ports(stateOutName),
  });
  const copy = await session(model, {
    inputNames: specs.map((_, index) => stateInName(index)),
    outputNames: specs.map((_, index) => stateOutName(index)),
    threads: 1,
  }).catch((cause: unknown) => {
    throw new Error(
      `jit: provider "${provider}" did not start: ${messageOf(cause)}.\n` +
        'It needs a GPU with a driver; use provider "cpu" without one.',
      { cause },
    );
  });
  return {
    up: async (values) => {
      const tensors = values.map((value) => {
        const tensor = runtime.tensor(value);
        tensor.data.set(value.data);
        return tensor;
      });
      try {
        return await copy.run(tensors, specs, []);
      } finally {
        release(tensors);
      }
    },
    down: async (tensors) => {
      const bound = specs.map((spec) => runtime.tensor(spec));
      try {
        await copy.run(tensors, [], bound);
        return bound.map(copyOf);
      } finally {
        release(bound);
      }
    },
  };
}

function release(tensors: readonly { release(): void }[]): void {
  for (const tensor of tensors) tensor.release();
}

const copyOf = ({ dtype, shape, data }: BoundTensor): HostTensor => ({
  dtype,
  shape,
  data: data.slice(),
});

/** What ONNX Runtime says, without the place in its own source. */
const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause))
    .trim()
    .replace(/^jit: |\.$/g, '')
    .replace(/: \/\S+:\d+ .* was false\. /s, ': ');

/** ONNX Runtime does not say which operator it lacks on the device. */
function explained(cause: unknown, provider: DeviceProvider, step: Step): Error {
  return new Error(
    `jit: "${nameOf(step)}" cannot run on provider "${provider}" as a whole: ${messageOf(cause)}.\n` +
      'Write it with other ops or types (WebGPU computes with float32 and int32), or use provider "cpu".',
    { cause },
  );
}
