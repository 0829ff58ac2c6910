// ONNX Runtime's C API through koffi: tensors over our own memory, runs off the main thread.
//
// The npm binding copies every output; this way the state never moves. Functions are found by their place in
// the OrtApi table (onnxruntime_c_api.h), which only ever grows at its end.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Koffi from 'koffi';
import { type DType, type HostArray, sizeOf } from '../host-tensor.js';
import type { BoundTensor, Runtime, Session, SessionOptions } from './runtime.js';

const API_VERSION = 17;
/** koffi's pool threads have 128 KiB by default, too little for matrix kernels. */
const STACK_BYTES = 8 * 1024 * 1024;
/** Errors come back as exceptions; a library prints nothing. */
const LOG_FATAL = 4;
const OPTIMIZE_ALL = 99;
/** A cache line, and the width of the widest vector register. */
const ALIGNMENT = 64;

const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, int32: 6, bool: 9 };

/** name → index in OrtApi, and the signature */
const FUNCTIONS = {
  GetErrorMessage: [2, 'const char *(void *status)'],
  CreateEnv: [3, 'void *(int level, const char *id, _Out_ void **env)'],
  CreateSessionFromArray: [
    8,
    'void *(void *env, void *model, size_t bytes, void *options, _Out_ void **session)',
  ],
  Run: [
    9,
    'void *(void *session, void *options, void *names, void *inputs, size_t count, void *outNames, size_t outCount, void *outputs)',
  ],
  CreateSessionOptions: [10, 'void *(_Out_ void **options)'],
  EnableProfiling: [14, 'void *(void *options, const char *prefix)'],
  SetSessionGraphOptimizationLevel: [23, 'void *(void *options, int level)'],
  SetIntraOpNumThreads: [24, 'void *(void *options, int threads)'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *(void *memory, void *data, size_t bytes, int64_t *shape, size_t rank, int type, _Out_ void **value)',
  ],
  CreateCpuMemoryInfo: [69, 'void *(int allocator, int type, _Out_ void **memory)'],
  ReleaseStatus: [93, 'void (void *status)'],
  ReleaseSession: [95, 'void (void *session)'],
  ReleaseValue: [96, 'void (void *value)'],
  ReleaseSessionOptions: [100, 'void (void *options)'],
  AddSessionConfigEntry: [130, 'void *(void *options, const char *key, const char *value)'],
} as const satisfies Record<string, readonly [number, string]>;

type FunctionName = keyof typeof FUNCTIONS;
type Functions = Record<FunctionName, ReturnType<Koffi.LibraryHandle['func']>>;

interface NativeTensor extends BoundTensor {
  /** Address of the OrtValue. */
  readonly value: bigint;
}

/** Reference kept for good: koffi unloads a library that nothing refers to. */
let loaded: { readonly library: Koffi.LibraryHandle; readonly runtime: Runtime } | undefined;

/** @throws whatever keeps koffi or the library from loading */
export async function nativeRuntime(): Promise<Runtime> {
  if (loaded) return loaded.runtime;
  const koffi = await import('koffi');
  const mayBlock = !growStack(koffi);
  const library = koffi.load(libraryPath());
  loaded ??= { library, runtime: bindRuntime(koffi, library, mayBlock) };
  return loaded.runtime;
}

/** False when another package used koffi first: then its stacks stay small and runs block the event loop. */
function growStack(koffi: typeof Koffi): boolean {
  if ((koffi.config().async_stack_size ?? 0) >= STACK_BYTES) return true;
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
    return true;
  } catch {
    return false;
  }
}

/** The library that onnxruntime-node bundles. */
function libraryPath(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  const file = { linux: 'libonnxruntime.so.1', darwin: 'libonnxruntime.1.dylib' }[
    process.platform as string
  ];
  return join(root, 'bin/napi-v6', process.platform, process.arch, file ?? 'onnxruntime.dll');
}

function bindRuntime(
  koffi: typeof Koffi,
  library: Koffi.LibraryHandle,
  mayBlock: boolean,
): Runtime {
  const base: bigint = library.func('void *OrtGetApiBase()')();
  const getApi = koffi.decode(koffi.decode(base, 0, 'void *'), koffi.proto('void *(uint32_t)'));
  const table: bigint = getApi(API_VERSION);
  const api = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [index, signature]]) => [
      name,
      koffi.decode(koffi.decode(table, 8 * index, 'void *'), koffi.proto(signature)),
    ]),
  ) as Functions; // one entry per name of FUNCTIONS

  const check = (status: bigint | null): void => {
    if (!status) return;
    const message: string = api.GetErrorMessage(status);
    api.ReleaseStatus(status);
    throw new Error(`jit: ONNX Runtime failed: ${message}`);
  };
  /** Calls a function whose last argument receives a pointer. */
  const create = (name: FunctionName, ...args: unknown[]): bigint => {
    const result: [bigint | null] = [null];
    check(api[name](...args, result));
    return result[0] as bigint;
  };

  const environment = create('CreateEnv', LOG_FATAL, 'alectra');
  const memory = create('CreateCpuMemoryInfo', 1, 0);

  const aligned = (dtype: DType, size: number): HostArray => {
    const bytes = (dtype === 'bool' ? 1 : 4) * size;
    const buffer = new ArrayBuffer(bytes + ALIGNMENT);
    const offset = ALIGNMENT - Number(koffi.address(buffer) % BigInt(ALIGNMENT));
    if (dtype === 'float32') return new Float32Array(buffer, offset, size);
    return dtype === 'int32'
      ? new Int32Array(buffer, offset, size)
      : new Uint8Array(buffer, offset, size);
  };

  const tensor: Runtime['tensor'] = ({ dtype, shape }): NativeTensor => {
    const data = aligned(dtype, sizeOf(shape));
    const axes = BigInt64Array.from(shape, BigInt);
    const value = create(
      'CreateTensorWithDataAsOrtValue',
      memory,
      data,
      data.byteLength,
      axes,
      shape.length,
      ELEMENT_TYPE[dtype],
    );
    return { dtype, shape, data, value, release: () => api.ReleaseValue(value) };
  };

  const session: Runtime['session'] = async (model, options) => {
    const settings = create('CreateSessionOptions');
    const pointer = configure(settings, options, model);
    const inputNames = nameTable(koffi, options.inputNames);
    const outputNames = nameTable(koffi, options.outputNames);
    const inputs = new BigUint64Array(options.inputNames.length);
    const outputs = new BigUint64Array(options.outputNames.length);
    return {
      run: (given, results) =>
        new Promise((resolve, reject) => {
          // Tensors come from `tensor` above.
          for (const [index, bound] of given.entries())
            inputs[index] = (bound as NativeTensor).value;
          for (const [index, bound] of results.entries())
            outputs[index] = (bound as NativeTensor).value;
          const args = [
            pointer,
            null,
            inputNames.table,
            inputs,
            given.length,
            outputNames.table,
            outputs.length,
            outputs,
          ];
          const settle = (error: unknown, status: bigint | null): void => {
            try {
              if (error) throw error;
              check(status);
              resolve();
            } catch (failure) {
              reject(failure);
            }
          };
          if (mayBlock) setImmediate(() => settle(null, api.Run(...args)));
          else api.Run.async(...args, settle);
        }),
      dispose: () => api.ReleaseSession(pointer),
    } satisfies Session;
  };

  const configure = (settings: bigint, { threads }: SessionOptions, model: Uint8Array): bigint => {
    try {
      check(api.SetSessionGraphOptimizationLevel(settings, OPTIMIZE_ALL));
      check(api.SetIntraOpNumThreads(settings, threads));
      // Spinning threads starve everything else on a shared machine.
      check(api.AddSessionConfigEntry(settings, 'session.intra_op.allow_spinning', '0'));
      return create('CreateSessionFromArray', environment, model, model.byteLength, settings);
    } finally {
      api.ReleaseSessionOptions(settings);
    }
  };

  return { tensor, session };
}

/** A C array of C strings; `bytes` must live as long as `table` is used. */
function nameTable(
  koffi: typeof Koffi,
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
