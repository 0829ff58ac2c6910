// The native part of @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node, loaded by itself.
//
// The package's JavaScript is not imported: it would make "tensorflow" the active TensorFlow.js backend and calls
// functions that Node 23 removed. `requireTensorflow` imports it for those who want that backend too.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { EngineOptions } from '../engine.js';

/** The functions of the addon that are used here. */
export interface TensorflowAddon {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  isUsingGpuDevice(): boolean;
  /** The tensor shares the memory of `values` until it is deleted. */
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  /** A copy of the values. */
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): { id: number; shape: number[]; dtype: number }[];
  getNumOfTensors(): number;
}

export interface FoundAddon {
  readonly name: string;
  readonly folder: string;
  /** Undefined when the package is there without its native part. */
  readonly binding: string | undefined;
}

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * Looks for the package as a module in the folder `from` would, then as this package would.
 *
 * @param from a folder; default: the working directory
 */
export function findTensorflow(from: string = process.cwd()): FoundAddon | undefined {
  let incomplete: FoundAddon | undefined;
  for (const name of PACKAGES) {
    for (const base of [join(from, 'index.js'), import.meta.url]) {
      const found = findPackage(base, name);
      if (found?.binding) return found;
      incomplete ??= found;
    }
  }
  return incomplete;
}

function findPackage(base: string, name: string): FoundAddon | undefined {
  const require = createRequire(base);
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
  const folder = dirname(manifest);
  const { binary } = require(manifest) as { binary: { napi_versions: number[] } };
  const napi = Math.max(
    ...binary.napi_versions.filter((version) => version <= Number(process.versions.napi)),
  );
  const binding = join(folder, 'lib', `napi-v${napi}`, 'tfjs_binding.node');
  return { name, folder, binding: existsSync(binding) ? binding : undefined };
}

/** How TensorFlow is started: once in a process, the first engine decides. */
export type TensorflowOptions = Pick<EngineOptions, 'tensorflowFrom'> & Partial<EngineOptions>;

let started: { readonly addon: TensorflowAddon; readonly threads: number } | undefined;

/**
 * Loads TensorFlow, or returns the one that is loaded.
 *
 * @throws Error when the package or its native part is missing, or another thread count was asked for before
 */
export async function startTensorflow({
  tensorflowFrom,
  threads = 0,
}: TensorflowOptions): Promise<TensorflowAddon> {
  if (started) {
    if (threads !== 0 && started.threads !== threads) {
      throw new RangeError(
        `jit: TensorFlow runs with ${started.threads || availableParallelism()} threads in this process: found ${threads}.\n` +
          `Its thread pool is made once: give every program the same number, or use another process.`,
      );
    }
    return started.addon;
  }
  const found = findTensorflow(tensorflowFrom);
  if (!found) {
    throw new Error(
      'jit: engine "tensorflow" is not installed: @tensorflow/tfjs-node-gpu and @tensorflow/tfjs-node were not found.\n' +
        'Run npm install @tensorflow/tfjs-node, or compile with engine "onnxruntime".',
    );
  }
  if (!found.binding) {
    throw new Error(
      `jit: engine "tensorflow" lacks the native part of ${found.name} in ${found.folder}.\n` +
        'Run npm rebuild on it, or build it against a Python wheel of TensorFlow: npm run tensorflow:setup.',
    );
  }
  const settings: Record<string, string> = {
    // Otherwise the first session takes all memory of the GPU.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    // TensorFlow's default leaves oneDNN out on processors with AVX2 only; there too the train step gains a fifth.
    TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '1',
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
  };
  if (threads !== 0) {
    settings.TF_NUM_INTRAOP_THREADS = String(threads);
    settings.TF_NUM_INTEROP_THREADS = String(threads);
  }
  await setEnvironment(settings);
  const addon = createRequire(found.binding)(found.binding) as TensorflowAddon;
  started = { addon, threads };
  return addon;
}

/**
 * TensorFlow takes these settings from the environment of the process and from nowhere else. `process.env` does not
 * reach it in a worker thread, whose environment is a copy.
 */
async function setEnvironment(settings: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, settings);
  if (process.platform === 'win32') return;
  const { default: koffi } = await import('koffi');
  const setenv = koffi
    .load(null)
    .func('int setenv(const char *name, const char *value, int overwrite)');
  for (const [name, value] of Object.entries(settings)) setenv(name, value, 1);
}

/**
 * Imports the package itself, which registers the TensorFlow.js backend "tensorflow" and makes it active.
 * Supplies what the package misses on Node 23 and later.
 *
 * @returns the package's exports
 */
export async function requireTensorflow(options: TensorflowOptions = {}): Promise<unknown> {
  await startTensorflow(options);
  const require = createRequire(join(options.tensorflowFrom ?? process.cwd(), 'index.js'));
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const found = findTensorflow(options.tensorflowFrom);
  return require(found?.folder ?? PACKAGES[1]);
}
