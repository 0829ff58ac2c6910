// ONNX Runtime's C API through koffi: the functions used here, and how they report errors.
//
// Functions are found by their place in the OrtApi table (onnxruntime_c_api.h), which only ever grows at its end.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Koffi from 'koffi';

const API_VERSION = 17;
/** koffi's pool threads have 128 KiB by default, too little for matrix kernels. */
const STACK_BYTES = 8 * 1024 * 1024;
/** Errors come back as exceptions; a library prints nothing. */
const LOG_FATAL = 4;

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
  SetSessionGraphOptimizationLevel: [23, 'void *(void *options, int level)'],
  SetIntraOpNumThreads: [24, 'void *(void *options, int threads)'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void *(void *memory, void *data, size_t bytes, int64_t *shape, size_t rank, int type, _Out_ void **value)',
  ],
  CreateMemoryInfo: [
    68,
    'void *(const char *name, int allocator, int device, int type, _Out_ void **memory)',
  ],
  CreateCpuMemoryInfo: [69, 'void *(int allocator, int type, _Out_ void **memory)'],
  AllocatorFree: [76, 'void *(void *allocator, void *pointer)'],
  GetAllocatorWithDefaultOptions: [78, 'void *(_Out_ void **allocator)'],
  ReleaseStatus: [93, 'void (void *status)'],
  ReleaseMemoryInfo: [94, 'void (void *memory)'],
  ReleaseSession: [95, 'void (void *session)'],
  ReleaseValue: [96, 'void (void *value)'],
  ReleaseSessionOptions: [100, 'void (void *options)'],
  AddSessionConfigEntry: [130, 'void *(void *options, const char *key, const char *value)'],
  RunWithBinding: [133, 'void *(void *session, void *options, void *binding)'],
  CreateIoBinding: [134, 'void *(void *session, _Out_ void **binding)'],
  ReleaseIoBinding: [135, 'void (void *binding)'],
  BindInput: [136, 'void *(void *binding, const char *name, void *value)'],
  BindOutput: [137, 'void *(void *binding, const char *name, void *value)'],
  BindOutputToDevice: [138, 'void *(void *binding, const char *name, void *memory)'],
  GetBoundOutputValues: [
    140,
    'void *(void *binding, void *allocator, _Out_ void **values, _Out_ size_t *count)',
  ],
  ClearBoundInputs: [141, 'void (void *binding)'],
  ClearBoundOutputs: [142, 'void (void *binding)'],
  CreateAndRegisterAllocator: [144, 'void *(void *env, void *memory, void *arena)'],
  AddInitializer: [150, 'void *(void *options, const char *name, void *value)'],
  CreateArenaCfg: [
    156,
    'void *(size_t most, int strategy, int first, int dead, _Out_ void **arena)',
  ],
  ReleaseArenaCfg: [157, 'void (void *arena)'],
  CreatePrepackedWeightsContainer: [166, 'void *(_Out_ void **container)'],
  ReleasePrepackedWeightsContainer: [167, 'void (void *container)'],
  CreateSessionFromArrayWithPrepackedWeightsContainer: [
    169,
    'void *(void *env, void *model, size_t bytes, void *options, void *container, _Out_ void **session)',
  ],
  AppendExecutionProviderCuda: [204, 'void *(void *options, void *cuda)'],
  CreateCudaProviderOptions: [205, 'void *(_Out_ void **cuda)'],
  ReleaseCudaProviderOptions: [208, 'void (void *cuda)'],
  AddExternalInitializers: [210, 'void *(void *options, void *names, void *values, size_t count)'],
  AppendExecutionProvider: [
    216,
    'void *(void *options, const char *name, void *keys, void *values, size_t count)',
  ],
} as const;

export type FunctionName = keyof typeof FUNCTIONS;
type Functions = Record<FunctionName, ReturnType<Koffi.LibraryHandle['func']>>;

export interface OrtApi {
  readonly koffi: typeof Koffi;
  readonly call: Functions;
  readonly environment: bigint;
  /** Throws what a returned status says; 0 and null are success. */
  check(status: bigint | null): void;
  /** Calls a function whose last argument receives a pointer, and returns that. */
  create(name: FunctionName, ...args: unknown[]): bigint;
  /** Whether `apart` holds up the event loop. */
  readonly mayBlock: boolean;
  /** Calls a function on a thread of libuv's pool, so that the event loop lives. */
  apart(name: FunctionName, ...args: unknown[]): Promise<void>;
}

/** References kept for good: koffi unloads a library that nothing refers to. */
let loaded: { readonly library: Koffi.LibraryHandle; readonly api: OrtApi } | undefined;

/** @throws Error saying what keeps koffi or the library from loading, and what else there is */
export async function ortApi(): Promise<OrtApi> {
  if (loaded) return loaded.api;
  try {
    const koffi = await import('koffi');
    const mayBlock = !growStack(koffi);
    const library = koffi.load(libraryPath());
    loaded ??= { library, api: bindApi(koffi, library, mayBlock) };
  } catch (cause) {
    throw new Error(
      `jit: the C API of ONNX Runtime could not be loaded: ${cause instanceof Error ? cause.message : cause}.\n` +
        `Reinstall koffi and onnxruntime-node, or compile with binding "npm", which copies the state in every call.`,
      { cause },
    );
  }
  return loaded.api;
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

/** Where onnxruntime-node keeps the libraries it bundles. */
function libraryFolder(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin/napi-v6', process.platform, process.arch);
}

function libraryPath(): string {
  const file = { linux: 'libonnxruntime.so.1', darwin: 'libonnxruntime.1.dylib' }[
    process.platform as string
  ];
  return join(libraryFolder(), file ?? 'onnxruntime.dll');
}

/** The library of the CUDA provider, which the npm package does not bundle; undefined when it is missing. */
export function cudaLibrary(folder: string = libraryFolder()): string | undefined {
  const file =
    process.platform === 'win32'
      ? 'onnxruntime_providers_cuda.dll'
      : 'libonnxruntime_providers_cuda.so';
  const path = join(folder, file);
  return existsSync(path) ? path : undefined;
}

function bindApi(koffi: typeof Koffi, library: Koffi.LibraryHandle, mayBlock: boolean): OrtApi {
  const base: bigint = library.func('void *OrtGetApiBase()')();
  const getApi = koffi.decode(koffi.decode(base, 0, 'void *'), koffi.proto('void *(uint32_t)'));
  const table: bigint = getApi(API_VERSION);
  const call = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [index, signature]]) => [
      name,
      koffi.decode(koffi.decode(table, 8 * index, 'void *'), koffi.proto(signature)),
    ]),
  ) as Functions; // one entry per name of FUNCTIONS

  const check = (status: bigint | null): void => {
    if (!status) return;
    const message: string = call.GetErrorMessage(status);
    call.ReleaseStatus(status);
    throw new Error(`jit: ONNX Runtime failed: ${message}`);
  };
  const create = (name: FunctionName, ...args: unknown[]): bigint => {
    const result: [bigint | null] = [null];
    check(call[name](...args, result));
    return result[0] as bigint;
  };
  /** Arguments of running calls: their memory must not be collected. */
  const held = new Set<unknown[]>();
  const apart = (name: FunctionName, ...args: unknown[]): Promise<void> =>
    new Promise((resolve, reject) => {
      held.add(args);
      const settle = (error: unknown, status: bigint | null): void => {
        held.delete(args);
        try {
          if (error) throw error;
          check(status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      };
      if (mayBlock) setImmediate(() => settle(null, call[name](...args)));
      else call[name].async(...args, settle);
    });
  const environment = create('CreateEnv', LOG_FATAL, 'alectra');
  return { koffi, call, environment, mayBlock, check, create, apart };
}
