// Sessions and tensors of ONNX Runtime over its C API: tensors are our own memory, runs happen off the main thread.
//
// The npm binding copies every output; this way the state never moves.

import { availableParallelism } from 'node:os';
import { allocate, type DType, type HostArray, sizeOf, type TensorSpec } from '../host-tensor.js';
import { cudaLibrary, type OrtApi, ortApi } from './c-api.js';
import { packedWeights, returnFreed } from './packed-weights.js';
import type {
  BoundTensor,
  Constant,
  DeviceProvider,
  DeviceRuntime,
  DeviceTensor,
  Provider,
  Runtime,
  SessionOptions,
} from './runtime.js';

const OPTIMIZE_ALL = 99;
/** Calls that leave the event loop free share the threads of libuv's pool, with files and others. */
const poolThreads = (): number => Number(process.env.UV_THREADPOOL_SIZE) || 4;
/** A cache line, and the width of the widest vector register. */
const ALIGNMENT = 64;
const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, int32: 6, bool: 9 };
/** How ONNX Runtime names the memory of a provider's device. */
const DEVICE_MEMORY: Readonly<Record<DeviceProvider, string>> = {
  webgpu: 'WebGPU_Buf',
  cuda: 'Cuda',
};
const [DEVICE_ALLOCATOR, ARENA_ALLOCATOR] = [0, 1];
const DEFAULT_MEMORY = 0;
/** Instead of twice as much as before. */
const GROW_AS_ASKED = 1;

/** The address of an OrtValue, on a tensor that this file made. */
type Native<T> = T & { readonly value: bigint };

/** @throws Error when koffi or the library cannot be loaded */
export async function nativeRuntime(): Promise<Runtime> {
  const api = await ortApi();
  return {
    lanes: api.mayBlock ? 1 : Math.min(availableParallelism(), poolThreads()),
    tensor: hostTensors(api),
    session: async (model, options) => {
      const { session, dispose } = await createSession(api, model, options, 'cpu');
      const inputNames = nameTable(api, options.inputNames);
      const outputNames = nameTable(api, options.outputNames);
      return {
        run: (given, results) => {
          const inputs = BigUint64Array.from(given, addressOf);
          const outputs = BigUint64Array.from(results, addressOf);
          return api.apart(
            'Run',
            session,
            null,
            inputNames.table,
            inputs,
            given.length,
            outputNames.table,
            outputs.length,
            outputs,
          );
        },
        dispose,
      };
    },
  };
}

/** @throws Error when the provider's library is missing */
export async function deviceRuntime(provider: DeviceProvider): Promise<DeviceRuntime> {
  if (provider === 'cuda' && !cudaLibrary()) {
    throw new Error(
      'jit: provider "cuda" is not installed: libonnxruntime_providers_cuda was not found beside onnxruntime-node.\n' +
        'Run its install script with ONNXRUNTIME_NODE_INSTALL=cuda12, or use provider "webgpu" or "cpu".',
    );
  }
  const api = await ortApi();
  const memory = api.create(
    'CreateMemoryInfo',
    DEVICE_MEMORY[provider],
    DEVICE_ALLOCATOR,
    0,
    DEFAULT_MEMORY,
  );
  const allocator = api.create('GetAllocatorWithDefaultOptions');
  return {
    tensor: hostTensors(api),
    session: async (model, options) => {
      const { call, check } = api;
      const { session, dispose } = await createSession(api, model, options, provider);
      const binding = api.create('CreateIoBinding', session);
      const { inputNames, outputNames } = options;
      return {
        run: async (inputs, stay, outputs) => {
          try {
            for (const [index, tensor] of inputs.entries())
              check(call.BindInput(binding, inputNames[index], addressOf(tensor)));
            for (const index of stay.keys())
              check(call.BindOutputToDevice(binding, outputNames[index], memory));
            for (const [index, tensor] of outputs.entries())
              check(call.BindOutput(binding, outputNames[stay.length + index], addressOf(tensor)));
            await api.apart('RunWithBinding', session, null, binding);
            return deviceTensors(api, boundOutputs(api, binding, allocator), stay);
          } finally {
            call.ClearBoundInputs(binding);
            call.ClearBoundOutputs(binding);
          }
        },
        dispose: () => {
          call.ReleaseIoBinding(binding);
          dispose();
        },
      };
    },
  };
}

/** Addresses of the results; each is a reference of its own. */
function boundOutputs(
  { call, check, koffi }: OrtApi,
  binding: bigint,
  allocator: bigint,
): bigint[] {
  const [list, count]: [[bigint | null], [number | bigint]] = [[null], [0]];
  check(call.GetBoundOutputValues(binding, allocator, list, count));
  const pointer = list[0];
  if (!pointer) return [];
  const values: bigint[] = Array.from({ length: Number(count[0]) }, (_, index) =>
    BigInt(koffi.decode(pointer, 8 * index, 'uint64_t')),
  );
  check(call.AllocatorFree(allocator, pointer));
  return values;
}

function deviceTensors(
  { call }: OrtApi,
  values: readonly bigint[],
  specs: readonly TensorSpec[],
): DeviceTensor[] {
  for (const value of values.slice(specs.length)) call.ReleaseValue(value);
  return specs.map(({ dtype, shape }, index): Native<DeviceTensor> => {
    const value = values[index];
    return { dtype, shape, value, release: () => call.ReleaseValue(value) };
  });
}

/** Every tensor of a runtime comes from this file. */
const addressOf = (tensor: BoundTensor | DeviceTensor): bigint =>
  (tensor as Native<DeviceTensor>).value;

/** Makes tensors in host memory. */
function hostTensors(api: OrtApi): Runtime['tensor'] {
  const memory = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  return ({ dtype, shape }): Native<BoundTensor> => {
    const data = aligned(api, dtype, sizeOf(shape));
    const axes = BigInt64Array.from(shape, BigInt);
    const value = api.create(
      'CreateTensorWithDataAsOrtValue',
      memory,
      data,
      data.byteLength,
      axes,
      shape.length,
      ELEMENT_TYPE[dtype],
    );
    return { dtype, shape, data, value, release: () => api.call.ReleaseValue(value) };
  };
}

function aligned({ koffi }: OrtApi, dtype: DType, size: number): HostArray {
  const { buffer, byteLength } = allocate('bool', (dtype === 'bool' ? 1 : 4) * size + ALIGNMENT);
  const offset = ALIGNMENT - Number(koffi.address(buffer) % BigInt(ALIGNMENT));
  const length = byteLength - ALIGNMENT;
  if (dtype === 'float32') return new Float32Array(buffer, offset, size);
  if (dtype === 'int32') return new Int32Array(buffer, offset, size);
  return new Uint8Array(buffer, offset, length);
}

async function createSession(
  api: OrtApi,
  model: Uint8Array,
  { threads, spinning = false, constants = [], isBrief = false }: SessionOptions,
  provider: Provider,
): Promise<{ readonly session: bigint; dispose(): void }> {
  const { call, check } = api;
  const settings = api.create('CreateSessionOptions');
  const set = (key: string, value: string): void =>
    check(call.AddSessionConfigEntry(settings, key, value));
  try {
    check(call.SetSessionGraphOptimizationLevel(settings, OPTIMIZE_ALL));
    check(call.SetIntraOpNumThreads(settings, threads));
    // Threads that spin starve everything else on a shared machine; by default they would go on after a run.
    set('session.intra_op.allow_spinning', spinning ? '1' : '0');
    set('session.force_spinning_stop', '1');
    if (provider !== 'cpu') addProvider(api, settings, provider, set);
    if (constants.length > 0) {
      const made = await withConstants(api, model, settings, constants, set);
      if (!isBrief) await returnFreed(api);
      return made;
    }
    const session: [bigint | null] = [null];
    const { environment } = api;
    await api.apart(
      'CreateSessionFromArray',
      environment,
      model,
      model.byteLength,
      settings,
      session,
    );
    const made = session[0] as bigint;
    return { session: made, dispose: () => call.ReleaseSession(made) };
  } finally {
    call.ReleaseSessionOptions(settings);
  }
}

/** A session over constants in memory that it does not copy. */
async function withConstants(
  api: OrtApi,
  model: Uint8Array,
  settings: bigint,
  constants: readonly Constant[],
  set: (key: string, value: string) => void,
): Promise<{ readonly session: bigint; dispose(): void }> {
  const { call, check, environment } = api;
  // Programs of many shapes: working memory of their own each would add up.
  shareWorkingMemory(api);
  set('session.use_env_allocators', '1');
  const names = nameTable(
    api,
    constants.map(({ name }) => name),
  );
  const values = BigUint64Array.from(constants, ({ tensor }) => addressOf(tensor));
  // The first lets optimisations read the values, the second says that what becomes of them may be shared.
  check(call.AddExternalInitializers(settings, names.table, values, constants.length));
  for (const { name, tensor } of constants)
    check(call.AddInitializer(settings, name, addressOf(tensor)));
  const packed = packedWeights(api);
  const session: [bigint | null] = [null];
  try {
    await api.apart(
      'CreateSessionFromArrayWithPrepackedWeightsContainer',
      environment,
      model,
      model.byteLength,
      settings,
      packed.container,
      session,
    );
  } catch (error) {
    packed.release();
    throw error;
  }
  const made = session[0] as bigint;
  return {
    session: made,
    dispose: () => {
      call.ReleaseSession(made);
      packed.release();
    },
  };
}

/** Working memory that sessions of all threads of the process may take from; it keeps what the largest runs needed. */
function shareWorkingMemory({ call, check, create, environment }: OrtApi): void {
  const memory = create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  const arena = create('CreateArenaCfg', 0, GROW_AS_ASKED, -1, -1);
  try {
    check(call.CreateAndRegisterAllocator(environment, memory, arena));
  } catch (error) {
    // another session, or another thread, has done it
    if (!String(error).includes('already been registered')) throw error;
  } finally {
    call.ReleaseArenaCfg(arena);
    call.ReleaseMemoryInfo(memory);
  }
}

function addProvider(
  { call, check, create }: OrtApi,
  settings: bigint,
  provider: DeviceProvider,
  set: (key: string, value: string) => void,
): void {
  // A part that runs on the processor would copy its inputs and outputs in every call: it is an error instead.
  set('session.disable_cpu_ep_fallback', '1');
  if (provider === 'webgpu') {
    set('ep.webgpuexecutionprovider.enableInt64', '1');
    check(call.AppendExecutionProvider(settings, 'WebGPU', null, null, 0));
    return;
  }
  const cuda = create('CreateCudaProviderOptions');
  try {
    check(call.AppendExecutionProviderCuda(settings, cuda));
  } finally {
    call.ReleaseCudaProviderOptions(cuda);
  }
}

/** A C array of C strings; `bytes` must live as long as `table` is used. */
function nameTable(
  { koffi }: OrtApi,
  names: readonly string[],
): { readonly table: BigUint64Array; readonly bytes: Uint8Array } {
  const encoded = names.map((name) => new TextEncoder().encode(`${name}\0`));
  const bytes = new Uint8Array(
    new ArrayBuffer(encoded.reduce((sum, part) => sum + part.length, 1)),
  );
  const start = koffi.address(bytes);
  const table = new BigUint64Array(names.length);
  let offset = 0;
  for (const [index, part] of encoded.entries()) {
    bytes.set(part, offset);
    table[index] = start + BigInt(offset);
    offset += part.length;
  }
  return { table, bytes };
}
